"""Why a cluster could not be reached, told apart by what is to be done about it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from incay.study.errors import UserError

_CREDENTIALS = ("credential", "profile", "authfailure", "invalidclienttokenid", "expired")
_RIGHTS = ("unauthorizedoperation", "accessdenied")
_BOTO3 = "pip install boto3"
_NETWORK = ("endpointconnection", "connecttimeout", "could not connect to the endpoint")


class UnreachableError(UserError):
    """A cluster cannot be reached.

    Attributes:
        where: The cluster's file or address.
        what: What must hold and what came instead.
        remedy: What to do.
        is_down: Whether nothing else is known to be wrong: the cluster may merely not be up yet.
    """

    def __init__(self, where: str, what: str, remedy: str, *, is_down: bool = False) -> None:
        super().__init__(f"{where}: {what}. To mend it: {remedy}")
        self.where, self.what, self.remedy, self.is_down = where, what, remedy, is_down


def lookup_failed(path: Path, error: Exception) -> UnreachableError:
    """Return why the head of a rented cluster was not found.

    Args:
        path: The cluster file.
        error: What Ray's node provider raised.
    """
    causes = list(_chain(error))
    said = (str(error) or type(error).__name__).strip().splitlines()[0].rstrip(".")
    text = " ".join(f"{type(cause).__name__} {cause}" for cause in causes).lower()
    if any(isinstance(cause, ImportError) for cause in causes):
        return UnreachableError(str(path), f"boto3 must be installed, but: {said}", _BOTO3)
    if any(word in text for word in _CREDENTIALS):
        what = f"AWS must accept this machine's credentials, but: {said}"
        remedy = "`aws configure` or `aws sso login`, or set AWS_PROFILE or AWS_ACCESS_KEY_ID"
        return UnreachableError(str(path), what, remedy)
    if any(word in text for word in _RIGHTS):
        what = f"AWS must let this user look up and start instances, but: {said}"
        return UnreachableError(str(path), what, "attach the IAM policy of docs/cluster.md to it")
    if any(word in text for word in _NETWORK):
        what = f"AWS must be reached from here, but: {said}"
        return UnreachableError(str(path), what, "check the network, the proxy and the region")
    what = f"the cluster must be running, but its head was not found: {said}"
    return UnreachableError(str(path), what, f"start it with `ray up {path}`", is_down=True)


def login_failed(path: Path, said: str) -> UnreachableError:
    """Return why SSH did not reach a head.

    Args:
        path: The cluster file.
        said: The last line of what ``ssh`` wrote.
    """
    what = f"the head must be reached by SSH, but: {said.strip().rstrip('.')}"
    text = said.lower()
    if "permission denied" in text or "identity file" in text or "private key" in text:
        remedy = "check auth.ssh_user and auth.ssh_private_key, and that the head knows that key"
    elif "host key" in text:
        remedy = "if the head is a new machine, remove its line from ~/.incay/known_hosts"
    elif "resolve hostname" in text:
        remedy = "give a name or address that this machine can resolve"
    else:
        remedy = "check that the machine is on, its address, and that a firewall lets port 22 pass"
    return UnreachableError(str(path), what, remedy)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
