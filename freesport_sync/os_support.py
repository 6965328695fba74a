"""The one place where POSIX and Windows differ: file locks, accounts, detached children, private files."""

from __future__ import annotations

import errno
import getpass
import os
import platform
import secrets
import shlex
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, BinaryIO

if sys.platform == "win32":
    import ctypes
    import msvcrt
else:
    import fcntl
    import pwd
    import resource

DISK_FULL = (errno.ENOSPC, errno.EDQUOT)
"""Error numbers of a write to a full disk, or to one whose quota is used up."""
_HELD = (0, errno.EAGAIN, errno.EACCES)
_LOCK_POLL_S = 0.01
_RENAME_TIMEOUT_S = 5.0
_ENTER_FOLDER = ("/bin/sh", "-c", 'cd -- "$1"', "sh")
_NOBODY_ID = 65534


@dataclass(frozen=True, slots=True)
class Account:
    """A POSIX user and group that a child process runs as."""

    user_id: int
    group_id: int


def program_name(name: str) -> str:
    """The file name of a program: `initdb` is `initdb.exe` on Windows."""
    return f"{name}.exe" if sys.platform == "win32" else name


def quoted(word: str) -> str:
    """One argument, quoted for the shell of this operating system."""
    return subprocess.list2cmdline([word]) if sys.platform == "win32" else shlex.quote(word)


def sibling_program(name: str) -> str:
    """The path of a program in the folder of the running one."""
    return str(Path(sys.executable).with_name(program_name(name)))


def has_window_program() -> bool:
    """Whether the window is installed; a bundle for a server comes without it."""
    return not getattr(sys, "frozen", False) or Path(sibling_program("freesport-sync-window")).exists()


def own_command(*, has_console: bool) -> list[str]:
    """The start of a command that runs this program again.

    Args:
        has_console: on Windows, with the console that it opens or uses; else without one, and it can open the window.
    """
    if getattr(sys, "frozen", False):
        return [sibling_program("freesport-sync" if has_console else "freesport-sync-window")]
    python = Path(sys.executable)
    if sys.platform == "win32" and not has_console:
        python = python.with_name("pythonw.exe")
    return [str(python), "-m", "freesport_sync"]


def user_and_host() -> str:
    """The user and the computer, for messages and the history: `ivanov@PC-7`. Never fails."""
    try:
        user = getpass.getuser()
    except Exception:  # an account without a name raises KeyError, OSError or ImportError, depending on the system
        user = "unknown"
    return f"{user}@{computer_name()}"


def computer_name() -> str:
    """The name of this computer in its network."""
    return platform.node() or "localhost"


@contextmanager
def children_shielded_from_interrupt() -> Iterator[None]:
    """Processes of `multiprocessing` started inside see no SIGINT, SIGTERM and SIGHUP; on Windows this does nothing."""
    if sys.platform == "win32":
        yield
        return
    from multiprocessing import resource_tracker

    resource_tracker.ensure_running()  # started later, this helper of multiprocessing would unblock both
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


# --- accounts -------------------------------------------------------------------------------------------------------


def unprivileged_account() -> Account | None:
    """The account for programs that refuse to run as root; None if we are not root, and on Windows."""
    if sys.platform != "win32" and os.geteuid() == 0:
        try:
            nobody = pwd.getpwnam("nobody")
        except KeyError:
            return Account(_NOBODY_ID, _NOBODY_ID)
        return Account(nobody.pw_uid, nobody.pw_gid)
    return None


def owner_of(path: Path) -> Account:
    """The owner of a file or folder."""
    status = path.stat()
    return Account(status.st_uid, status.st_gid)


def set_owner(path: Path, account: Account | None) -> None:
    """Make `account` the owner of a file or folder; None leaves it as it is."""
    if sys.platform != "win32" and account is not None:
        os.chown(path, account.user_id, account.group_id)


def can_enter(folder: Path, account: Account) -> bool:
    """Whether `account` can enter an existing folder; tries it, because mode bits say nothing about ACLs."""
    command = [*_ENTER_FOLDER, str(folder)]
    options = {"env": foreign_environment(), **detached(account)}
    return subprocess.run(command, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options).returncode == 0


# --- processes ------------------------------------------------------------------------------------------------------


def detached(account: Account | None = None) -> dict[str, Any]:
    """Arguments for `subprocess`: a child that Ctrl-C in our terminal does not reach, run as `account` if given."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}
    options: dict[str, Any] = {"start_new_session": True}
    if account is not None:
        options |= {"user": account.user_id, "group": account.group_id, "extra_groups": []}
    return options


def foreign_environment() -> dict[str, str]:
    """Our environment, as programs that are not ours need it."""
    environment = dict(os.environ)
    if getattr(sys, "frozen", False) and environment.pop("LD_LIBRARY_PATH", None) is not None:
        # PyInstaller points children at the libraries of our bundle and keeps the original value.
        original = environment.get("LD_LIBRARY_PATH_ORIG")
        environment |= {"LD_LIBRARY_PATH": original} if original else {}
    return environment


def is_process_alive(pid: int) -> bool:
    """Whether a process with this number exists; a zombie may count as one."""
    if sys.platform == "win32":
        return _windows_program(pid) is not None
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def is_running_in(pid: int, program: str, folder: Path) -> bool:
    """Whether `pid` seems to be a live `program` that works in `folder`.

    Process ids are reused: after a crash or a reboot the id may belong to another process. Linux knows the folder that
    a process works in (a zombie has none), Windows its program; elsewhere it is enough that the process exists.
    """
    if sys.platform == "win32":
        return _windows_program(pid) == program_name(program)
    if sys.platform != "linux":
        return is_process_alive(pid)
    try:
        return os.path.samefile(f"/proc/{pid}/cwd", folder)
    except PermissionError:
        return True
    except OSError:
        return False


if sys.platform == "win32":

    def _windows_program(pid: int) -> str | None:
        """The program that `pid` runs, in lower case, "" if we may not know; None if there is no such process."""
        query_limited_information, still_active, access_denied = 0x1000, 259, 5
        kernel = ctypes.WinDLL("kernel32", use_last_error=True)
        kernel.OpenProcess.restype = ctypes.c_void_p
        handle = ctypes.c_void_p(kernel.OpenProcess(query_limited_information, False, pid))
        if not handle:
            return "" if ctypes.get_last_error() == access_denied else None
        try:
            exit_code = ctypes.c_ulong()
            name = ctypes.create_unicode_buffer(32768)
            size = ctypes.c_ulong(len(name))
            if kernel.GetExitCodeProcess(handle, ctypes.byref(exit_code)) and exit_code.value != still_active:
                return None
            kernel.QueryFullProcessImageNameW(handle, 0, name, ctypes.byref(size))
            return name.value.rpartition("\\")[2].lower()
        finally:
            kernel.CloseHandle(handle)


def open_files_limit() -> int:
    """How many files and sockets this process may have open; Windows has no limit that matters."""
    if sys.platform == "win32":
        return 8192
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return 1_000_000 if limit == resource.RLIM_INFINITY else limit


# --- files ----------------------------------------------------------------------------------------------------------


def try_lock(file: IO[bytes]) -> bool:
    """Lock an open file exclusively, without waiting; the system releases the lock when the process dies.

    The lock belongs to the open file, not to the process: a second handle in the same process is refused too.
    """
    try:
        if sys.platform == "win32":
            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        # Windows gives various reasons, and Wine none, if another handle holds the lock.
        if sys.platform != "win32" and error.errno not in _HELD:
            raise
        return False
    return True


def unlock(file: IO[bytes]) -> None:
    """Release the lock of `try_lock`."""
    if sys.platform == "win32":
        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)
    else:
        fcntl.flock(file, fcntl.LOCK_UN)


@contextmanager
def file_lock(path: Path, timeout_s: float) -> Iterator[None]:
    """Hold an exclusive lock on `path` (created if missing, never deleted); raises TimeoutError."""
    deadline = time.monotonic() + timeout_s
    with path.open("ab") as file:
        while not try_lock(file):
            if time.monotonic() > deadline:
                raise TimeoutError(str(path))
            time.sleep(_LOCK_POLL_S)
        try:
            yield
        finally:
            unlock(file)


def make_private(folder: Path) -> None:
    """Create a folder and its missing parents for their owner only; existing ones stay as they are."""
    if not folder.is_dir():
        make_private(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)


def write_private_file(path: Path, text: str) -> None:
    """Write a file that only its owner can read (0600; on Windows the folder's rights apply), replacing an old one."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with open(descriptor, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        replace_fresh(draft, path)
    except BaseException:
        with suppress(OSError):
            draft.unlink()
        raise


@contextmanager
def replaced_whole(target: Path) -> Iterator[Path]:
    """A file beside `target`, to be written and closed; at the end of the block it takes its place, or vanishes."""
    unfinished = target.with_name(f"{target.name}.{os.getpid()}.tmp")
    try:
        yield unfinished
        replace_fresh(unfinished, target)
    except BaseException:
        with suppress(OSError):
            unfinished.unlink()
        raise


def is_private(path: Path) -> bool:
    """Whether only its owner may read a file; always true on Windows, where the rights of the folder decide.

    Raises:
        OSError: there is no such file.
    """
    return sys.platform == "win32" or not stat.S_IMODE(path.stat().st_mode) & 0o077


def open_to_others(path: Path) -> Path | None:
    """The file, or a folder that leads to it, that others than its owner and root may change; None: there is none.

    The owner must be root or whoever runs the program. On Windows, where the rights of the folder decide, always None.

    Raises:
        OSError: there is no such file, or it cannot be reached.
    """
    if sys.platform == "win32":
        return None
    file = path.resolve(strict=True)
    for one in (file, *file.parents):
        status = one.stat()
        is_sticky_folder = one is not file and status.st_mode & stat.S_ISVTX  # others cannot replace what is in it
        may_others = status.st_mode & 0o022 and not is_sticky_folder
        if may_others or status.st_uid not in (0, os.geteuid()):
            return one
    return None


def publish_new(draft: Path, target: Path) -> bool:
    """Give a finished file its name; False, and the draft is gone, if there is a file of that name already."""
    try:
        if sys.platform == "win32":
            os.rename(draft, target)  # which replaces nothing there
        else:
            os.link(draft, target)
            draft.unlink()
    except FileExistsError:
        draft.unlink()
        return False
    return True


def open_shared(path: Path) -> BinaryIO:
    """Open a file to read it, so that others can remove or rename another link to it meanwhile, on Windows too."""
    if sys.platform == "win32":
        return open(path, "rb", opener=_open_shared)
    return path.open("rb")


if sys.platform == "win32":

    def _open_shared(path: str, _flags: int) -> int:
        generic_read, share_everything, open_existing, normal = 0x80000000, 7, 3, 0x80
        kernel = ctypes.WinDLL("kernel32", use_last_error=True)
        kernel.CreateFileW.restype = ctypes.c_void_p
        handle = kernel.CreateFileW(str(path), generic_read, share_everything, None, open_existing, normal, None)
        if handle is None or handle == ctypes.c_void_p(-1).value:
            raise ctypes.WinError(ctypes.get_last_error())
        return msvcrt.open_osfhandle(handle, os.O_RDONLY | os.O_BINARY)


def decode_path(raw: bytes) -> str:
    """Decode a path that a C program has written to a file: on Windows in the code page of the system."""
    return raw.decode("mbcs", "replace") if sys.platform == "win32" else os.fsdecode(raw)


def rename_fresh(source: Path, target: Path) -> None:
    """Rename a new file or folder, with retries on Windows, where a virus scanner may hold it for a moment."""
    _retrying(os.rename, source, target)


def replace_fresh(source: Path, target: Path) -> None:
    """Replace a file, which may be missing, by a new one; with retries as in `rename_fresh`, and for short readers."""
    _retrying(os.replace, source, target)


def _retrying(move: Callable[[Path, Path], None], source: Path, target: Path) -> None:
    deadline = time.monotonic() + (_RENAME_TIMEOUT_S if sys.platform == "win32" else 0)
    while True:
        try:
            move(source, target)
        except PermissionError:
            if time.monotonic() >= deadline:
                raise
            time.sleep(_LOCK_POLL_S)
        else:
            return
