"""The floors' tables of permissions, joined. A name that two of them give is refused at start."""

from clients import permissions as ground
from clients.models import Role
from monitoring import permissions as first
from reports import permissions as top

_TABLES = (ground.PERMISSIONS, first.PERMISSIONS, top.PERMISSIONS)
PERMISSIONS: dict[str, frozenset[Role]] = {name: roles for table in _TABLES for name, roles in table.items()}
if len(PERMISSIONS) < sum(map(len, _TABLES)):
    raise RuntimeError("Two floors give a permission of the same name.")
