"""Programs out of Debian packages that are not installed: their services would start on this machine if they were."""

import os
import shutil
import subprocess


def program(package, path, directory):
    """The program `path` (without the leading slash) of a package: the installed one, else one that is fetched and unpacked
    below `directory`. None when it cannot be had."""
    if os.access("/" + path, os.X_OK):
        return "/" + path
    if found := shutil.which(os.path.basename(path), path="/usr/sbin:/sbin:/usr/bin:/bin"):
        return found
    place = os.path.join(directory, package)
    unpacked = os.path.join(place, path)
    if os.access(unpacked, os.X_OK):
        return unpacked
    os.makedirs(place, exist_ok=True)
    try:
        subprocess.run(["apt-get", "download", "-q", package], cwd=place, check=True, capture_output=True, timeout=60)
        archive = next(name for name in os.listdir(place) if name.endswith(".deb"))
        subprocess.run(["dpkg-deb", "-x", archive, "."], cwd=place, check=True, capture_output=True, timeout=60)
    except (OSError, StopIteration, subprocess.SubprocessError):
        return None
    return unpacked if os.access(unpacked, os.X_OK) else None
