#!/usr/bin/env bash
# Builds the Python that the Linux packages carry: packaging/linux/python.sh FOLDER
#
# A program that PyInstaller has frozen runs only where the C library is as new as the one its Python was linked to.
# So CPython and the libraries under it are compiled from Debian's sources, for glibc 2.28, with the compiler of
# PyPI's ziglang, which brings the symbols of every glibc. FOLDER/python is the result; a second call finds it there.
# Needs uv, apt-get with network, dpkg-dev, binutils, autoconf, automake, libtool, libltdl-dev, pkg-config, perl and make. Ten
# minutes on two cores.
set -Eeuo pipefail # -E: the trap below holds in functions too

folder=$(mkdir -p "$1" && cd "$1" && pwd)
python=$folder/python libraries=$folder/libraries sources=$folder/sources tools=$folder/tools
jobs=$(nproc)
suite=trixie
target=x86_64-linux-gnu.2.28
cc=$tools/bin/target-cc

[ ! -x "$python/bin/python3.13" ] || exit 0
mkdir -p "$sources" "$libraries"

# ---------------------------------------------------------------- the compiler

if [ ! -x "$cc" ]; then
    command "${UV:-uv}" venv --quiet "$tools"
    command "${UV:-uv}" pip install --quiet --python "$tools" ziglang==0.17.1
    # Zig would trap what C calls undefined, and refuse the date that Python has of its build.
    cat >"$cc" <<END
#!/bin/sh
export ZIG_GLOBAL_CACHE_DIR="$folder/cache" ZIG_LOCAL_CACHE_DIR="$folder/cache"
exec "$tools/bin/python-zig" cc -target $target -fno-sanitize=undefined -Wno-date-time "\$@"
END
    for tool in ar ranlib; do
        printf '#!/bin/sh\nexec "%s" %s "$@"\n' "$tools/bin/python-zig" $tool >"$tools/bin/target-$tool"
    done
    chmod +x "$tools"/bin/target-*
fi
export CC="$cc" AR="$tools/bin/target-ar" RANLIB="$tools/bin/target-ranlib" CFLAGS="-O2 -fPIC"
export PKG_CONFIG_LIBDIR="$libraries/lib/pkgconfig"

# ---------------------------------------------------------------- the sources, verified by apt, with Debian's patches

mkdir -p "$folder"/apt/{lists,cache}
# From the mirrors that this computer uses.
apt-get indextargets --format '$(REPO_URI)' 'Origin: Debian' | sort --unique | while read -r mirror; do
    case $mirror in
    *-security/) echo "deb-src $mirror $suite-security main" ;;
    *) echo "deb-src $mirror $suite main" ;;
    esac
done >"$folder/apt/sources.list"
grep --invert-match security "$folder/apt/sources.list" >"$folder/apt/without-security.list"
cat >"$folder/apt/apt.conf" <<END
Dir::State::lists "$folder/apt/lists";
Dir::State::status "/dev/null";
Dir::Cache "$folder/apt/cache";
Dir::Etc::sourcelist "$folder/apt/sources.list";
Dir::Etc::sourceparts "-";
APT::Sandbox::User "root";
END
export APT_CONFIG=$folder/apt/apt.conf
apt-get --quiet=2 update

# The newest of a package; a mirror may list what it does not have (yet), the security archive even what only the other has.
get_source() {
    local name=$1 version list
    for version in $(apt-cache showsrc --only-source "$name" | sed -n 's/^Version: //p' | sort --version-sort --reverse --unique); do
        for list in sources without-security; do
            if (cd "$sources" && apt-get --quiet=2 --option "Dir::Etc::sourcelist=$folder/apt/$list.list" \
                source --only-source "$name=$version" >"$name.log" 2>&1); then
                echo "$name $version" | tee -a "$folder/sources.txt"
                return
            fi
        done
    done
    cat "$sources/$name.log" >&2
    return 1
}

# ---------------------------------------------------------------- the libraries, static

build() { # NAME COMMAND...: run in the unpacked source, once
    local name=$1
    shift
    [ ! -e "$libraries/$name.done" ] || return 0
    [ -d "$(echo "$sources/$name"-[0-9]*/)" ] || get_source "$name"
    log=$folder/$name.log # no `||` behind the next line: it would switch `set -e` off in it
    (cd "$sources/$name"-[0-9]*/ && "$@") >"$log" 2>&1
    touch "$libraries/$name.done"
}
trap '[ -z "${log:-}" ] || tail -n 30 "$log" >&2' ERR

autoconf_library() {
    ./configure --prefix="$libraries" --host=x86_64-linux-gnu --disable-shared --with-pic "$@"
    make -j"$jobs" install
}

build_zlib() {
    ./configure --static --prefix="$libraries"
    make -j"$jobs" install
}

build_bzip2() {
    make CC="$CC" AR="$AR" RANLIB="$RANLIB" CFLAGS="$CFLAGS -D_FILE_OFFSET_BITS=64" libbz2.a
    install -D -m 644 libbz2.a -t "$libraries/lib"
    install -D -m 644 bzlib.h -t "$libraries/include"
}

build_libffi() {
    autoreconf --install
    autoconf_library --disable-docs --disable-multi-os-directory
}

build_openssl() { # the trusted certificates are the system's, where Debian and its relatives keep them
    ./Configure linux-x86_64 --prefix="$libraries" --libdir=lib --openssldir=/etc/ssl \
        no-shared no-module no-engine no-tests no-docs no-apps
    make -j"$jobs" build_libs
    make install_dev
}

build_python() {
    local flags="-L$libraries/lib -Wl,-rpath,$python/lib"
    unset CFLAGS # they would come behind -O3
    ./configure --prefix="$python" --enable-shared --without-ensurepip --disable-test-modules \
        --with-openssl="$libraries" OPT="-DNDEBUG -O3 -Wall" CFLAGS="-I$libraries/include" LDFLAGS="$flags"
    sed -i 's/-Wl,-h\$/-Wl,-soname,$/' Makefile # the short option is unknown to Zig
    # LDFLAGS again, because configure of Debian keeps them for itself. Without libpython3.so, which Zig cannot link.
    make -j"$jobs" LDFLAGS="$flags" PY3LIBRARY=
    make install LDFLAGS="$flags" PY3LIBRARY=
    find "$python/lib" -name "*.so*" -type f -exec strip --strip-unneeded {} + # Zig always adds what debuggers want
}

build zlib build_zlib
build bzip2 build_bzip2
build xz-utils autoconf_library --disable-xz --disable-xzdec --disable-lzmadec --disable-lzmainfo \
    --disable-lzma-links --disable-scripts --disable-doc --disable-nls
build libffi build_libffi
build openssl build_openssl
build python3.13 build_python

"$python/bin/python3.13" -c "import bz2, ctypes, decimal, hashlib, lzma, ssl, zlib; print(ssl.OPENSSL_VERSION)"
