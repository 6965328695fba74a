#!/usr/bin/env bash
# Builds what the Linux packages carry: packaging/linux/bundle.sh FOLDER [server]
#
# FOLDER/window/freesport-sync is the program, for glibc 2.34 and newer: Qt needs no less. With `server` it is
# FOLDER/server/freesport-sync, without the window, for glibc 2.28. Both use the Python that python.sh builds in FOLDER.
# Run by `python3 -m uv run packaging/linux/bundle.sh`. Needs binutils and what python.sh needs; two minutes more. Ends with
# an error where the result needs a newer glibc.
set -euo pipefail

folder=$(mkdir -p "$1" && cd "$1" && pwd)
edition=${2:-window}
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
environment=$folder/environment-$edition

case $edition in
window) glibc=2.34 excluded=() ;;
server) glibc=2.28 excluded=(pyside6-essentials shiboken6) ;;
*) echo "$edition: window or server" >&2; exit 2 ;;
esac
uv() { command "${UV:-uv}" --quiet "$@"; }

"$here/python.sh" "$folder"

uv venv --clear --python "$folder/python/bin/python3.13" "$environment"
"$environment/bin/python" "$root/packaging/constraints.py" >"$folder/constraints.txt"
printf '%s\n' "${excluded[@]}" >"$folder/excluded.txt"
uv pip install --python "$environment" --python-platform "x86_64-manylinux_${glibc/./_}" --only-binary :all: \
    --constraints "$folder/constraints.txt" --excludes "$folder/excluded.txt" \
    --editable "$root[embedded]" pyinstaller --no-binary freesport-sync

cd "$root"
FREESPORT_BUNDLE=$edition PYINSTALLER_CONFIG_DIR=$folder/pyinstaller \
    "$environment/bin/python" -m PyInstaller build.spec --noconfirm --log-level WARN \
    --distpath "$folder/$edition" --workpath "$folder/work-$edition"

"$environment/bin/python" packaging/linux_glibc.py "$folder/$edition/freesport-sync" --highest "$glibc"
du -sm "$folder/$edition/freesport-sync"
