"""Ray's own validation of a cluster file, with the key that each message concerns."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from incay.study.cluster.checks.problem import Problem
from incay.study.cluster.file import ClusterFile, quietly

_REFERENCE = "see the cluster YAML reference in Ray's documentation"
_KINDS = {
    "array": "a list",
    "object": "a mapping of keys to values",
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
}


def type_problems(file: ClusterFile) -> list[Problem]:
    """Return which keys are unknown to Ray or of another type than it takes.

    Defaults are not filled in, so that what is merely absent is no problem here.
    """
    import jsonschema  # type: ignore[import-untyped]
    import ray.autoscaler

    assert ray.autoscaler.__file__ is not None
    schema = json.loads(Path(ray.autoscaler.__file__).with_name("ray-schema.json").read_text())
    values = dict(file.values)
    if file.has_coordinator:
        values.pop("min_workers", None)  # Ray takes it there, and only there, out before it checks
    errors = jsonschema.validators.validator_for(schema)(schema).iter_errors(values)
    problems = [found for error in errors for found in _explained(error)]
    return list(dict.fromkeys(problems))


def default_problems(file: ClusterFile) -> Iterator[Problem]:
    """Yield what Ray refuses once its defaults are filled in."""
    from ray.autoscaler._private.util import prepare_config, validate_config

    try:
        with quietly():
            validate_config(prepare_config(file.values))
    except KeyError as error:
        yield Problem(f"schema: {error.args[0]}", "must be given, but is not", _REFERENCE)
    except Exception as error:  # jsonschema's, click's: all mean the same here
        path = ".".join(str(part) for part in getattr(error, "absolute_path", ()))
        said = str(getattr(error, "message", None) or error or type(error).__name__)
        what = f"Ray must accept the file, but: {said.strip().splitlines()[0]}"
        yield Problem(f"schema: {path}" if path else "schema", what, _REFERENCE)


def _explained(error: Any) -> Iterator[Problem]:
    """Yield what one error of jsonschema says, in words and with its key."""
    path = [str(part) for part in error.absolute_path]
    where = f"schema: {'.'.join(path)}" if path else "schema"
    if error.validator == "required":
        return
    if error.validator == "type" and error.validator_value in _KINDS:
        what = f"must be {_KINDS[error.validator_value]}, but is {repr(error.instance)[:60]}"
        yield Problem(where, what, _REFERENCE)
    elif error.validator == "additionalProperties" and isinstance(error.instance, dict):
        known = list(error.schema.get("properties", {}))
        patterns = error.schema.get("patternProperties", {})
        for key in error.instance:
            if key not in known and not patterns:
                near = difflib.get_close_matches(str(key), known, n=1)
                remedy = f"did you mean {near[0]}?" if near else "remove it, or check its place"
                dotted = ".".join([*path, str(key)])
                yield Problem(f"schema: {dotted}", "must be a key that Ray knows", remedy)
    else:
        what = f"Ray must accept it, but: {error.message.splitlines()[0]}"
        yield Problem(where, what, _REFERENCE)
