"""The system libraries Python cannot install: finds what is missing, installs it when it may, or names the one command to type."""

import ctypes.util
import os
import shutil
import subprocess
import sys


def missing(browser: bool) -> list[str]:
    """The Debian packages that are needed and not there: pango for PDFs, chromium for the browser tests."""
    wanted = []
    if not (ctypes.util.find_library("pango-1.0") and ctypes.util.find_library("pangoft2-1.0")):
        wanted += ["libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0"]
    if browser and not shutil.which("chromium"):
        wanted.append("chromium")
    return wanted


def main(arguments: list[str]) -> int:
    """Returns the exit status: 0 when everything is there at the end."""
    wanted = missing("--browser" in arguments)
    if not wanted:
        return 0
    install = ["apt-get", "install", "--yes", "--no-install-recommends", *wanted]
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        print(
            f"FracOps needs some system packages. Install them and run the same again:\n\n  sudo {' '.join(install)}\n",
            file=sys.stderr,
        )
        return 1
    print(f"Installing {', '.join(wanted)}", file=sys.stderr)
    quiet = {"stdout": subprocess.DEVNULL, "env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}}
    subprocess.run(["apt-get", "update", "--quiet"], check=True, **quiet)  # type: ignore[call-overload]
    return int(subprocess.run(install, check=False, **quiet).returncode)  # type: ignore[call-overload]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
