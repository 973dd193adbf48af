"""Property tests of reports draw and render; how long that takes on a busy machine says nothing about them."""

from hypothesis import settings

settings.register_profile("reports", deadline=None)
settings.load_profile("reports")
