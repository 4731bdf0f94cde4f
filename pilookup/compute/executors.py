"""Where work runs: threads of this process, or a Dask cluster, both behind `concurrent.futures.Executor`.

The native core and the ciphers release the interpreter lock, so threads are enough on one machine. Tasks that may run
elsewhere are module-level functions of one argument, a frozen dataclass of paths, ids and integers: never a number,
never a key. A task may run twice (its worker died, or was thought to have): it writes under a temporary name of its own
and then renames, so that the second time changes nothing.

This is the only room that knows Dask. A cluster's TLS files are Dask's own settings, from its configuration or from the
environment: DASK_DISTRIBUTED__COMM__TLS__CA_FILE, and the same with CLIENT__CERT and CLIENT__KEY (SCHEDULER, WORKER).
"""

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError, Executor, Future, ThreadPoolExecutor, as_completed, wait
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

from pilookup.errors import ComputeError, MissingExtraError
from pilookup.loopback import is_loopback

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")

CONNECT_SECONDS: Final = 30

DEFAULT_MEMORY: Final = 1 << 30
"""Bytes that the work of one process may take where nothing else is said."""


def executor(scheduler: str | None = None) -> Executor:
    """Threads of this process, one a processor; with `scheduler`, the Dask cluster at that address.

    A context manager that waits for what was submitted. The address is tls://HOST:PORT; tcp://HOST:PORT is taken on
    loopback alone. Raises ComputeError for any other, for a scheduler that cannot be reached and for one that has no
    workers; MissingPartError without the extra `cluster`.
    """
    if scheduler is None:
        return local_executor()
    _check_address(scheduler)
    return _Cluster(scheduler)


def local_executor(workers: int | None = None) -> Executor:
    """A pool of threads, one a processor unless told; a context manager that waits for what was submitted."""
    return ThreadPoolExecutor(max_workers=workers or processors(), thread_name_prefix="pilookup")


def processors() -> int:
    """Processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def concurrent_tasks(executor: Executor) -> int:
    """How many tasks one process of the executor runs at the same time: what shares one process's memory."""
    if isinstance(executor, _Cluster):
        return executor.threads
    return executor._max_workers if isinstance(executor, ThreadPoolExecutor) else processors()  # noqa: SLF001


def completed(executor: Executor, work: Callable[[Item], Outcome], items: Iterable[Item]) -> Iterator[Outcome]:
    """`map(work, items)` as each is done; all are submitted at once, so items are small.

    The first error is raised; the others are abandoned.
    """
    pending = {executor.submit(work, item) for item in items}
    try:
        for future in as_completed(pending):
            yield future.result()
    finally:
        abandon(pending)


def abandon(futures: Iterable[Future[Any]]) -> None:
    """Cancel what has not started, and wait for what has. Workers of a cluster may still run it: not waited for."""
    wait([future for future in futures if not future.cancel()])


class _Cluster(Executor):
    """A Dask cluster. What a worker had that died is given to another; after four such deaths a task fails."""

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
        inner = self._inner.submit(fn, *args, **kwargs)
        outer: Future[Any] = Future()
        inner.add_done_callback(lambda done: _copy_outcome(done, outer))
        outer.add_done_callback(lambda done: inner.cancel() if done.cancelled() else None)
        return outer

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self._inner.shutdown(wait=wait and not cancel_futures)
        self._client.close()


def _copy_outcome(inner: Future[Any], outer: Future[Any]) -> None:
    """The outcome of one future to another; the cluster's own failures become ours."""
    from distributed import CancelledError as Lost  # noqa: PLC0415
    from distributed import KilledWorker  # noqa: PLC0415

    if not outer.set_running_or_notify_cancel():
        return
    try:
        outer.set_result(inner.result())
    except KilledWorker:
        outer.set_exception(ComputeError("the workers that tried one task all died; is their memory enough?"))
    except (CancelledError, Lost):
        outer.set_exception(ComputeError("the scheduler was lost"))
    except BaseException as error:  # noqa: BLE001 - it is the task's own, for whoever asks for the result
        outer.set_exception(error)


def _check_address(scheduler: str) -> None:
    try:
        parts = urlsplit(scheduler)
        scheme, host, port = parts.scheme, parts.hostname, parts.port
    except ValueError:
        scheme, host, port = "", None, None
    if scheme not in ("tls", "tcp") or not host or not port:
        raise ComputeError(f"{scheduler}: a scheduler is tls://HOST:PORT")
    if scheme == "tcp" and not is_loopback(host):
        raise ComputeError(f"{scheduler}: beyond this machine a scheduler is tls://HOST:PORT")


def _check_security(security: Any) -> None:
    """Dask tells of a missing file only after it has begun to connect, and not by its setting."""
    role = security.get_tls_config_for_role("client")
    names = {"ca_file": "CA_FILE", "cert": "CLIENT__CERT", "key": "CLIENT__KEY"}
    if missing := [f"DASK_DISTRIBUTED__COMM__TLS__{name}" for field, name in names.items() if not role[field]]:
        raise ComputeError(f"tls:// needs the settings {', '.join(missing)}")
