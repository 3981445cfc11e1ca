"""A study as a Ray job: found by what it runs, so that any client can take it up again."""

from __future__ import annotations

import asyncio
import re
import shlex
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from incay.study.cluster.answer import Answer, read_answer
from incay.study.errors import UserError
from incay.trainables.outgoing import shown

_STUDY, _RUN = "incay.study", "incay.run"
_ENDED = ("SUCCEEDED", "FAILED", "STOPPED")
_SECONDS_TO_STOP = 120
"""How long a study may take to leave checkpoints when it is stopped."""
_SECONDS_WITHOUT_ANSWER = 60.0
_POLL_SECONDS = 0.5
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def find_jobs(client: Any, study: str, run: str | None = None) -> list[Any]:
    """Return the jobs that ran or run a study, oldest first."""
    jobs = [
        job
        for job in client.list_jobs()
        if job.submission_id
        and (job.metadata or {}).get(_STUDY) == study
        and run in (None, (job.metadata or {}).get(_RUN))
    ]
    return sorted(jobs, key=lambda job: job.start_time or 0)


def running_job(client: Any, study: str, run: str | None = None) -> str | None:
    """Return the job that is running a study now."""
    open_jobs = [job for job in find_jobs(client, study, run) if job.status not in _ENDED]
    return str(open_jobs[-1].submission_id) if open_jobs else None


def last_failure(client: Any, study: str) -> str | None:
    """Return how a study's last job failed, with the last line of its log; None if it did not."""
    jobs = find_jobs(client, study)
    if not jobs or jobs[-1].status != "FAILED":
        return None
    # Ray keeps the end of the log there, or why the job did not even start.
    lines = [line.strip() for line in str(jobs[-1].message or "").splitlines() if line.strip()]
    last = _COLOUR.sub("", lines[-1]).removeprefix("incay: ") if lines else "it left no log"
    return f"the last job of {study}, {jobs[-1].submission_id}, failed: {last}"


def submit_study(
    client: Any, folder: Path, study: str, run: str, arguments: Sequence[str]
) -> tuple[str, bool]:
    """Start a job for a study, or find the one that is running it.

    Args:
        client: Ray's job client.
        folder: The packaged code and study file.
        study: The study's name.
        run: Its run.
        arguments: Those of ``incay`` on the head.

    Returns:
        The job's name and whether it was there already.
    """
    known = running_job(client, study, run)
    if known is not None:
        return known, True
    # The name is taken once: of two clients that submit together, one starts the job.
    name = f"incay-{study}-{run}-{len(find_jobs(client, study, run)) + 1}"
    try:
        _submit(client, folder, arguments, name, {_STUDY: study, _RUN: run})
    except UserError:
        known = running_job(client, study, run)
        if known is None:
            raise
        return known, True
    return name, False


def follow(client: Any, name: str) -> tuple[str, str]:
    """Print a job's log until it ends; return how it ended, and why if it failed.

    Raises:
        UserError: The cluster stops answering; the job may go on.
    """
    import aiohttp

    log = _Log()
    answered = time.monotonic()
    while True:
        try:
            asyncio.run(log.print_new(client, name))
            status, message = _status(client, name)
            answered = time.monotonic()
            if status in _ENDED:
                # What follows the first line of the message repeats the log.
                return status, message.partition(", last")[0] if status == "FAILED" else ""
        except (OSError, RuntimeError, aiohttp.ClientError) as error:
            if time.monotonic() - answered > _SECONDS_WITHOUT_ANSWER:
                raise UserError(
                    f"the cluster has not answered for {_SECONDS_WITHOUT_ANSWER:.0f} s ({error}); "
                    "the job goes on if its head does: the same command takes it up again"
                ) from error
        time.sleep(_POLL_SECONDS)


def stop(client: Any, name: str) -> str:
    """Stop a job, with checkpoints, and return how it ended."""
    client.stop_job(name)
    deadline = time.monotonic() + _SECONDS_TO_STOP + 30
    while (status := _status(client, name)[0]) not in _ENDED:
        if time.monotonic() > deadline:
            raise UserError(f"{name} must have stopped by now, but is {status}")
        time.sleep(_POLL_SECONDS)
    return status


def ask(client: Any, folder: Path, arguments: Sequence[str], timeout: float = 300.0) -> Answer:
    """Run a short command on the head; return what it printed and wrote with ``--output``.

    Raises:
        UserError: The command fails; the message is its own.
    """
    name = _submit(client, folder, arguments)
    deadline = time.monotonic() + timeout
    while _status(client, name)[0] not in _ENDED:
        if time.monotonic() > deadline:
            client.stop_job(name)
            raise UserError(f"the head must answer within {timeout:.0f} s, but did not")
        time.sleep(_POLL_SECONDS)
    log = str(client.get_job_logs(name))
    client.delete_job(name)
    answer = read_answer(log)
    if answer is None:
        last = log.strip().rpartition("\n")[2].removeprefix("incay: ")
        raise UserError(last or "the command must answer on the head, but printed nothing")
    if answer.code:
        raise UserError(answer.errors.strip().removeprefix("incay: "))
    return answer


def _submit(
    client: Any,
    folder: Path,
    arguments: Sequence[str],
    name: str | None = None,
    metadata: dict[str, str] | None = None,
) -> str:
    deadline = time.monotonic() + _SECONDS_WITHOUT_ANSWER
    while True:
        try:
            submitted: str = client.submit_job(
                entrypoint=shlex.join(["python", "-m", "incay.study.head_job", *arguments]),
                submission_id=name,
                runtime_env=_runtime_env(folder),
                metadata=metadata,
            )
            return submitted
        except RuntimeError as error:
            # The head takes jobs some seconds later than its dashboard answers.
            if "No available agent" not in str(error) or time.monotonic() > deadline:
                reason = str(error).strip().rpartition("\n")[2]
                raise UserError(f"the cluster must take the job, but: {reason}") from error
        time.sleep(_POLL_SECONDS)


def _runtime_env(folder: Path) -> dict[str, Any]:
    # A stopped study leaves checkpoints, as after Ctrl-C, if it is told so and given the time.
    environment = {
        "RAY_JOB_STOP_SIGNAL": "SIGINT",
        "RAY_JOB_STOP_WAIT_TIME_S": str(_SECONDS_TO_STOP),
        "PYTHONUNBUFFERED": "1",
    }
    return {"working_dir": str(folder), "env_vars": environment}


def _status(client: Any, name: str) -> tuple[str, str]:
    info = client.get_job_info(name)
    return str(getattr(info.status, "value", info.status)), str(info.message or "")


class _Log:
    """Prints a job's log. After a lost connection the server begins at its start again."""

    def __init__(self) -> None:
        self._printed = 0

    async def print_new(self, client: Any, name: str) -> None:
        """Print what comes after what was printed before, until the log or connection ends."""
        seen = 0
        async for chunk in client.tail_job_logs(name):
            new = chunk[max(0, self._printed - seen) :]
            sys.stdout.write(shown(_COLOUR.sub("", new)))
            sys.stdout.flush()
            seen += len(chunk)
            self._printed = max(self._printed, seen)
