"""Text that leaves the program: what is hidden of it, what is shown by number, and what stays."""

from __future__ import annotations

import base64
import html
import os
import threading
import time
from urllib.parse import quote_plus

import pytest
from planted import FORMS, leaks

from incay.trainables.outgoing import (
    holds_secret,
    printable,
    printable_json,
    shown,
    without_secrets,
)
from incay.trainables.secrets import HIDDEN

SECRET = "Zk3-planted_9Q7x"
OF_MAKERS = ("hf_{}", "ghp_{}", "_pat_{}", "glpat-{}", "xoxb-{}", "sk-proj-{}", ".{}.{}", "/{}")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("secret", [SECRET, "aB3+x/9Kq==", "0123456789abcdef0123", "p4$s*w~Rd!x_y"])
def test_a_secret_is_hidden_by_what_announces_it(form: str, secret: str) -> None:
    if not secret.isalnum() and form.endswith((*OF_MAKERS, "RSA PRIVATE KEY-----")):
        return  # these have letters of their own
    text = form.format(*[secret] * 3)
    assert not leaks([secret], without_secrets(text)), without_secrets(text)
    assert holds_secret(text)
    assert without_secrets(without_secrets(text)) == without_secrets(text)


def test_a_secret_is_found_in_percent_encoding() -> None:
    assert holds_secret("s3://bucket/x?client%5Fsecret=abc")


def test_what_this_process_was_given_is_hidden_wherever_it_stands(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("RAY_AUTH_TOKEN", "0123456789abcdef")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "https://me:correct-horse@mlflow.example")
    assert (
        without_secrets("the token 0123456789abcdef, then correct-horse") == "the token …, then …"
    )
    monkeypatch.setenv("RAY_AUTH_TOKEN", "short")
    assert without_secrets("in short: nothing") == "in short: nothing"


@pytest.mark.parametrize(
    "text",
    [
        "RAY_AUTH_MODE=token ray start --head",
        "the cluster's token must be in ~/.ray/auth_token or RAY_AUTH_TOKEN, but is missing",
        "postgresql+psycopg:///mlflow?host=/var/run/postgresql",
        "s3://results/x?endpoint_override=10.0.0.1:9000&scheme=http",
        "PGPASSWORD=$SECRET psql",
        "http://127.0.0.1:8265",
        "optimizer.lr=0.01, tokens=3, me@example.org",
        "RN* [14] [/b] = + - @ λ ≤ 2",
        "Basic momentum, sig=0.05, token=5 λ, http://user@host/x, pwd=/tmp/x, loss.pass=0.1",
        '{"url":"http://h:80","mail":"a@b.org"} {"pass": "forward", "pass": 12}',
        '{"token": {"type": "bearer-2024", "value": 3}, "signature": "RN 12345678"}',
        "curl -s http://h:80/x -u $USER docker run -u 1000:1000 mysql -p sshpass -p $SECRET",
        "secret=/run/db1 token=./tokens2.txt password=~/.Pgpass2 key=.env2 secret=/Data2",
        "Cookie: theme=dark; lang=en; n=12 <input name='password' value=''>",
        "password：must be given, dop_v1_x shpat_1 AGE-SECRET-KEY-1X, Private-Lines: 14",
        "s3://bucket:80/a@b file:///home/a:b@c/x http://[::1]:8000/@x signature: 'RN'",
    ],
)
def test_what_is_no_secret_stays_as_it_is(text: str) -> None:
    assert shown(text) == text
    assert not holds_secret(text)


@pytest.mark.parametrize(
    "text",
    [
        f"dop_v1_{'ab3' * 21}",
        f"shpat_{'ab3' * 11}",
        f"AGE-SECRET-KEY-1{'QPZRY9' * 9}",
        f"Private-Lines: 2\n{'ab3' * 21}\n{'ab3' * 12}==\nPrivate-MAC: 0",
        "secret=/Zq7Xk29vLm4T",
        "secret=~Zq7Xk29vLm4T",
        "secret=.Zq7Xk29vLm4T",
        "mysql://u:Zq7Xk29vLm4T'q@h/d",
        r"{\"pass\":\"Zq7Xk29vLm4T\"}",
    ],
)
def test_more_that_announces_a_secret(text: str) -> None:
    hidden = without_secrets(text)
    assert not [each for each in ("ab3ab3", "QPZRY9Q", "Zq7", "m4T") if each in hidden], hidden
    assert without_secrets(hidden) == hidden


@pytest.mark.parametrize(
    "name", ["SECRET_B64", "DB_PASSWORD_PROD", "TOKEN_2", "LDAP_BIND_CRED", "API_KEY_OLD_2"]
)
def test_variables_of_several_stages_are_secrets(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "hunter2-hunter2")
    assert without_secrets("so: hunter2-hunter2") == "so: …"


@pytest.mark.parametrize(
    "name",
    [
        "TOKEN_FILE",
        "SECRET_NAME",
        "PASSWORD_MIN_LENGTH",
        "TOKENIZERS",
        "KEYMAP_PROD",
        "API_KEY_URL",
    ],
)
def test_variables_about_a_secret_are_none(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "hunter2-hunter2")
    assert without_secrets("so: hunter2-hunter2") == "so: hunter2-hunter2"


def test_what_was_given_is_hidden_however_it_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    value = ' 9 "lives" & <mäuse> '
    monkeypatch.setenv("CAT_SECRET", value)
    monkeypatch.setenv("ODD_SECRET", b"hunter2\xff\xfe".decode("utf-8", "surrogateescape"))
    written = (
        value.strip(),
        quote_plus(value),
        html.escape(value),
        html.escape(value, quote=False),
        base64.b64encode(value.encode()).decode(),
        base64.urlsafe_b64encode(value.encode()).decode().rstrip("="),
        repr(value.encode()),
    )
    for each in written:
        assert HIDDEN in without_secrets(f"so: {each}")


def test_a_folder_and_a_word_are_no_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PWD", "/home/me/studies")
    monkeypatch.setenv("POSTGRES_PASSWORD", "completed")
    assert without_secrets("2 completed") == "2 completed"
    assert without_secrets("records: /home/me/studies/results") == (
        "records: /home/me/studies/results"
    )


def test_what_a_terminal_would_obey_is_shown_by_its_number() -> None:
    assert printable("a\x1b]0;title\x07b\rc\x9b2J") == r"a\x1b]0;title\x07b\x0dc\x9b2J"
    assert printable("\u202eevil\u2066 \u2028 \ud83d") == r"\u202eevil\u2066 \u2028 \ud83d"
    assert printable("two\nlines,\ta tab, שלום, 名") == "two\nlines,\ta tab, שלום, 名"
    assert printable_json('"\x9b\u202e\x7f"') == r'"\u009b\u202e\u007f"'


def test_long_texts_take_no_time() -> None:
    begun = time.process_time()
    for text in (
        "a_" * 50_000,
        "a-" * 50_000,
        "://" * 30_000,
        "BEGIN KEY" * 10_000,
        "token " * 20_000,
        "curl " * 20_000,
        "cookie: a=1;" * 10_000,
        "a://b:'" * 15_000,
        "Private-Lines: 1 ababababab" * 4_000,
        'password: {"value"' * 6_000,
    ):
        shown(text)
    assert time.process_time() - begun < 2


def test_variables_may_change_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    """As Ray changes them in a thread of its own, while progress is drawn in another."""
    monkeypatch.setenv("OWN_TOKEN", "hunter2-hunter2")
    ended = threading.Event()

    def change() -> None:
        while not ended.is_set():
            for number in range(50):
                os.environ[f"INCAY_TEST_{number}"] = "x"
            for number in range(50):
                del os.environ[f"INCAY_TEST_{number}"]

    other = threading.Thread(target=change)
    other.start()
    try:
        assert {without_secrets("hunter2-hunter2") for _ in range(300)} == {HIDDEN}
    finally:
        ended.set()
        other.join()
