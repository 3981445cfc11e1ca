"""Secrets planted in texts: in each form that announces one, and where they were found again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import pyarrow.parquet as pq

FORMS = (
    # Addresses.
    "postgresql://u:{}@h/db",
    "postgresql+psycopg://incay:{}@[::1]:5432/incay",
    "mysql://u:p#{}@h/db",
    "redis://:{}@h:6379/0",
    "s3://AKID:one/{}@bucket/path",
    "postgresql://u:p@ss{}@h/db",
    "could not connect to (https://me:{}@mlflow.example/path): refused",
    "https://{}@tracking.example/",
    "https://{}:x-oauth-basic@github.com/o/r.git",
    "git+https://oauth2:{}@gitlab.example/o/r",
    "https://host/?token={}",
    "https://host/path?a=1&access_token={}&b=2",
    "https://host/?key={}",
    "abfs://box@account.dfs.core.windows.net/x?client_secret={}&tenant_id=1",
    "https://account.blob.core.windows.net/x?sv=1&sig={}",
    "https://bucket.example/x?X-Amz-Credential={}&X-Amz-Signature={}",
    "https://hooks.slack.com/services/T000/B000/{}",
    'mysql+pymysql://u:{}"q@h/d',
    "https://h/x;jsessionid={}?a=1",
    # Headers.
    "Authorization: Bearer {}",
    "Authorization: token {}",
    "{{'Authorization': 'Basic {}'}}",
    "X-Api-Key: {}",
    "Set-Cookie: session={}; Path=/",
    "Cookie: theme=dark; session={}; csrf={}",
    # Variables and options.
    "AWS_SECRET_ACCESS_KEY={} python -m incay",
    "export AWS_SESSION_TOKEN='{}'",
    "environ({{'HF_TOKEN': '{}', 'X': '1'}})",
    "clientSecret={} --token={} PGPASSWORD={}",
    "incay sync --password {} study",
    "curl -s -u admin:{} http://h/x",
    "sshpass -p '{}' ssh h",
    "['mlflow', '--token', '{}']",
    "password%3D{}",
    "host=h user=u password='{}' dbname=d",
    "DefaultEndpointsProtocol=https;AccountName=x;AccountKey={}==;EndpointSuffix=core",
    "aws_secret_access_key = {}",
    # Files.
    "password: {}",
    "db:\n  user: x\n  password: {}\n",
    "token: |\n  {}\n",
    "- client_secret: {}",
    "{{'password': '{}', 'user': 'me'}}",
    'api_key: "{}"',
    '{{"user":"x","pass":"{}"}}',
    '{{"password":{{"value":"{}"}}}}',
    '<add key="password" value="{}"/>',
    "password＝{} password：{}",
    '{{"password": "with space {}"}}',
    r"{{\"token\": \"{}\"}}",
    "study.yaml:3: input 'password: {}' is no mapping",
    "machine h login u password {}",
    "<password>{}</password>",
    "-----BEGIN OPENSSH PRIVATE KEY-----\n{}\n-----END OPENSSH PRIVATE KEY-----",
    "{}\n{}\n-----END RSA PRIVATE KEY-----",
    # Sentences.
    "Incorrect API key provided: {}.",
    "the token '{}' is invalid",
    # Signs of their makers.
    "hf_{}",
    "ghp_{}",
    "github_pat_{}",
    "glpat-{}",
    "xoxb-{}",
    "sk-proj-{}",
    "eyJhbGciOiJIUzI1NiJ9.{}.{}",
)
"""Texts with places for a secret."""


def secret(number: int) -> str:
    """Return a secret that is no other's: letters and digits, as tokens are."""
    return f"Zk{number:03d}planted{number * 7919 % 9973:04d}Q9xW7vB2nM"


def planted(first: int = 0) -> tuple[str, list[str]]:
    """Return a text of all forms, a line between them, and the secrets in it."""
    secrets = [secret(first + number) for number in range(len(FORMS))]
    return "\n\n".join(
        form.format(*[each] * 3) for form, each in zip(FORMS, secrets, strict=True)
    ), secrets


def leaks(secrets: Iterable[str], text: str) -> list[str]:
    """Return the secrets of which a text holds anything that helps to guess them."""
    return [each for each in secrets if each[:12] in text or each[-12:] in text]


def contents(folder: Path) -> Iterator[tuple[Path, str]]:
    """Yield every file below a folder as text, tables as what they hold."""
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.is_symlink():
            continue
        yield path, path.read_bytes().decode("utf-8", "replace")
        if path.suffix == ".parquet":
            table = pq.read_table(path)
            yield path, f"{table.schema.metadata} {table.to_pylist()}"
