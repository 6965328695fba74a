#!/bin/bash
# Runs a Windows program under Wine, in the current folder, as root. FOLDER is what `make` of this folder has filled.
#
#   wine.sh FOLDER PREFIX [NAME=VALUE...] PROGRAM ARGUMENT...            the program's exit code is ours
#   wine.sh FOLDER PREFIX --terminal [NAME=VALUE...] PROGRAM ARGUMENT... on our terminal, which passes Ctrl-C on
#   wine.sh FOLDER PREFIX --unix [NAME=VALUE...] COMMAND ARGUMENT...     a command of the chroot, Xvfb for example
#   wine.sh FOLDER PREFIX --end                                          ends all that runs in PREFIX
#
# PREFIX is a Windows of its own, made at its first use in twelve seconds. This machine's files are Z:\host there.
# The mounts are seen by what is started here alone and go away with it.
set -euo pipefail

if [ "${WINE_MOUNTS:-}" != private ]; then
    mkdir -p "$2"
    WINE_MOUNTS=private exec unshare --mount --propagation private "$0" "$(realpath "$1")" "$(realpath "$2")" "${@:3}"
fi

folder=$1 root=$1/trixie prefix=$2
shift 2
way=
if [[ $1 == --* ]]; then
    way=$1
    shift
fi
variables=()
while [[ ${1:-} =~ ^[A-Za-z_]+= ]]; do
    variables+=("$1")
    shift
done

mkdir -p "$root/host"
mount --rbind / "$root/host"
for tree in dev proc sys; do mount --rbind "/$tree" "$root/$tree"; done

# Nothing of our own environment: Wine would hand it on. Russian, because LANG decides the code pages (1251 and 866).
# Wine's debugger would wait for somebody at the keyboard after a crash; mscms.dll is the one of ours.
inside=(chroot "$root" /usr/bin/env -i --chdir="/host$PWD"
    PATH=/usr/lib/wine:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root XDG_RUNTIME_DIR=/tmp TERM=xterm LANG=ru_RU.UTF-8
    WINEPREFIX="/host$prefix" WINEDEBUG=-all WINEDLLOVERRIDES="mscoree=;mshtml=;winedbg.exe=d;mscms=n" "${variables[@]}")

if [ "$way" = --end ]; then
    "${inside[@]}" wineserver64 -k || true # nothing runs there
    exit
fi
if [ ! -e "$prefix/made" ]; then
    "${inside[@]}" wine64 wineboot --init </dev/null >/dev/null 2>&1
    "${inside[@]}" wineserver64 -w
    cp "$folder"/stubs/*.dll "$prefix/drive_c/windows/system32/"
    touch "$prefix/made"
fi
case $way in
--unix) exec "${inside[@]}" "$@" ;;
--terminal) exec "${inside[@]}" wine64 "$@" ;;
*)
    # A Windows program takes a Unix file or terminal for an invalid handle.
    [ -p /dev/stdin ] || exec </dev/null
    "${inside[@]}" wine64 "$@" 2> >(cat >&2) | cat
    ;;
esac
