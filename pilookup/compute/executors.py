"""Where work runs: threads of this process, or a Dask cluster, both behind `concurrent.futures.Executor`.

The native core and the ciphers release the interpreter lock, so threads are enough on one machine. Tasks that may run
elsewhere are module-level functions of one argument, a frozen dataclass of paths, ids and integers. A task never
carries a phone number or a key. A task may run twice, if its worker died or was thought to have died. It therefore
writes to a unique temporary name and then renames the file, so that the second run changes nothing. A task that is
sent to a cluster names the version of this program, and a worker of another version refuses it.

This is the only module that imports Dask. The TLS files of a cluster are settings of Dask, from its configuration or
the environment: DASK_DISTRIBUTED__COMM__TLS__CA_FILE, and likewise CLIENT__CERT and CLIENT__KEY (also SCHEDULER and
WORKER).
"""

import os
import pickle
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError, Executor, Future, ThreadPoolExecutor, as_completed, wait
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit
from uuid import uuid4

from pilookup._version import __version__
from pilookup.errors import ComputeError, MissingExtraError
from pilookup.loopback import is_loopback

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")

CONNECT_SECONDS: Final = 30

DEFAULT_MEMORY: Final = 1 << 30
"""Bytes of memory that the work of one process may use by default."""


def executor(scheduler: str | None = None) -> Executor:
    """An executor for tasks. As a context manager it waits for the submitted tasks.

    Args:
        scheduler: None for threads of this process, one for each processor. Otherwise the address of a Dask scheduler:
            tls://HOST:PORT, or tcp://HOST:PORT on a loopback address.

    Raises:
        ComputeError: The address is of another form, TLS settings are missing, or the scheduler cannot be reached or
            has no workers.
        MissingExtraError: The extra `cluster` is not installed.
    """
    if scheduler is None:
        return local_executor()
    _check_address(scheduler)
    return _Cluster(scheduler)


def local_executor(workers: int | None = None) -> Executor:
    """A pool of `workers` threads, by default one for each processor. As a context manager it waits for its tasks."""
    return ThreadPoolExecutor(max_workers=workers or processors(), thread_name_prefix="pilookup")


def processors() -> int:
    """Number of processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def concurrent_tasks(executor: Executor) -> int:
    """Number of tasks that one process of the executor runs at the same time, and which share its memory."""
    if isinstance(executor, _Cluster):
        return executor.threads
    return executor._max_workers if isinstance(executor, ThreadPoolExecutor) else processors()  # noqa: SLF001


def completed(executor: Executor, work: Callable[[Item], Outcome], items: Iterable[Item]) -> Iterator[Outcome]:
    """Run `work` on every item, and yield the outcomes in the order in which they are done.

    All items are submitted together, so they should be small. The first error that a task raises is raised here, and
    the other tasks are abandoned.
    """
    pending = {executor.submit(work, item) for item in items}
    try:
        for future in as_completed(pending):
            yield future.result()
    finally:
        abandon(pending)


def abandon(futures: Iterable[Future[Any]]) -> None:
    """Cancel tasks that have not started, and wait for those that have.

    A task on a cluster counts as cancelled even if a worker is running it; it is not waited for.
    """
    wait([future for future in futures if not future.cancel()])


def run_checked(version: str, call: bytes) -> Any:
    """Run a call on a worker, once it is known that the worker has the version of the program that sent it.

    The call is pickled apart from the version: in another version the names in it may not exist, or its fields may
    have other meanings.

    Args:
        version: The version of the program that sent the call.
        call: The pickled function and the tuple and dictionary of its arguments.

    Raises:
        ComputeError: The worker has another version. The call also raises what the function raises.
    """
    if version != __version__:
        raise ComputeError(
            f"a worker has version {__version__} of pilookup, this command has {version}: install one version on all"
        )
    work, args, kwargs = pickle.loads(call)  # noqa: S301 - Dask has unpickled what the scheduler sent in any case
    return work(*args, **kwargs)


class _Cluster(Executor):
    """A Dask cluster. Tasks of a worker that died run on another worker; a task fails after four such deaths."""

    def __init__(self, scheduler: str) -> None:
        try:
            from distributed import Client  # noqa: PLC0415 - the extra `cluster`
            from distributed.security import Security  # noqa: PLC0415
        except ImportError as error:
            raise MissingExtraError(
                f"--scheduler needs an extra ({error.name}): pip install 'pilookup[cluster]'"
            ) from None
        security = Security()
        if scheduler.startswith("tls:"):
            _check_security(security)
        try:
            self._client = Client(scheduler, timeout=CONNECT_SECONDS, security=security, set_as_default=False)
        except (OSError, ValueError) as error:
            raise ComputeError(f"{scheduler}: no scheduler answers ({type(error).__name__})") from None
        self.threads = max(self._client.nthreads().values(), default=0)
        if not self.threads:
            self._client.close()
            raise ComputeError(f"{scheduler}: the scheduler has no workers")
        self._inner = self._client.get_executor()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        call = pickle.dumps((fn, args, kwargs))
        name = f"{getattr(fn, '__name__', 'task')}-{uuid4().hex}"  # Dask measures tasks of one name together
        inner = self._inner.submit(run_checked, __version__, call, key=name)
        outer: Future[Any] = Future()
        inner.add_done_callback(lambda done: _copy_outcome(done, outer))
        outer.add_done_callback(lambda done: inner.cancel() if done.cancelled() else None)
        return outer

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self._inner.shutdown(wait=wait and not cancel_futures)
        self._client.close()


def _copy_outcome(inner: Future[Any], outer: Future[Any]) -> None:
    """Copy the outcome of one future to another, and turn failures of the cluster into ComputeError."""
    from distributed import CancelledError as Lost  # noqa: PLC0415
    from distributed import KilledWorker  # noqa: PLC0415

    if not outer.set_running_or_notify_cancel():
        return
    try:
        outer.set_result(inner.result())
    except KilledWorker:
        outer.set_exception(ComputeError("every worker that ran the task died; do the workers have enough memory?"))
    except (CancelledError, Lost):
        outer.set_exception(ComputeError("the connection to the scheduler was lost"))
    except BaseException as error:  # noqa: BLE001 - raised by the task; the caller of `result` gets it
        outer.set_exception(error)


def _check_address(scheduler: str) -> None:
    try:
        parts = urlsplit(scheduler)
        scheme, host, port = parts.scheme, parts.hostname, parts.port
    except ValueError:
        scheme, host, port = "", None, None
    if scheme not in ("tls", "tcp") or not host or not port:
        raise ComputeError(f"{scheduler}: a scheduler's address is tls://HOST:PORT")
    if scheme == "tcp" and not is_loopback(host):
        raise ComputeError(f"{scheduler}: the address of a scheduler on another machine is tls://HOST:PORT")


def _check_security(security: Any) -> None:
    """Check that the TLS files are set: Dask reports a missing one only while connecting, and not by its setting."""
    role = security.get_tls_config_for_role("client")
    names = {"ca_file": "CA_FILE", "cert": "CLIENT__CERT", "key": "CLIENT__KEY"}
    if missing := [f"DASK_DISTRIBUTED__COMM__TLS__{name}" for field, name in names.items() if not role[field]]:
        raise ComputeError(f"tls:// needs the settings {', '.join(missing)}")
