"""Makes a Python function the worker of a fanfold job.

    from fanfold_worker import serve

    def learn(rate, fold):
        ...
        return {"loss": 0.25}

    serve(learn)

A job with `worker = ["python3", "model.py"]` starts this program once in each slot and then calls the function for
one task after the other. It gets the params of the task as keyword arguments, and besides `index`, `seed` and
`attempt`, where it has parameters of these names (a param of the job goes before them). What it returns are the task's
values: a number, a dict, a text, a list; numbers and arrays of NumPy are numbers and lists. An exception makes the
task a failed one. What it prints goes to standard error.

Needs the standard library only. fanfold adds the folder of this file to PYTHONPATH.
"""

import inspect
import json
import math
import os
import sys
import traceback

__all__ = ["serve"]

_BUILT_IN = ("index", "seed", "attempt")


def serve(function):
    """Answers the tasks that fanfold sends with what the function returns, and returns when there are no more."""
    answers = _take_output()
    names = _built_in_names(function)
    begun = b""
    while True:
        received = os.read(0, 1 << 16)
        if not received:
            return
        # Whole lines become one JSON list: parsing them one by one takes twice the time.
        lines, end, rest = received.rpartition(b"\n")
        if not end:
            begun += rest
            continue
        lines, begun = begun + lines, rest
        for task in json.loads(b"[" + lines.replace(b"\n", b",") + b"]"):
            # Each answer is written at once: if the next task ends this process, it is known whose fault it was.
            _write(answers, _answer(function, names, task))


def _take_output():
    """A descriptor for the answers that nobody else has: what is printed from now on goes to standard error."""
    sys.stdout.flush()
    answers = os.dup(1)
    os.dup2(2, 1)
    return answers


def _built_in_names(function):
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # some functions written in C do not say
        return ()
    by_name = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return tuple(each.name for each in parameters if each.name in _BUILT_IN and each.kind in by_name)


def _answer(function, names, task):
    arguments = task["params"]
    for name in names:
        arguments.setdefault(name, task[name])
    try:
        return b'{"index":%d,"values":%s}\n' % (task["index"], _text_of(function(**arguments)))
    except Exception as error:
        traceback.print_exc()
        sys.stderr.flush()
        reason = traceback.format_exception_only(type(error), error)[-1].strip()
        return json.dumps({"index": task["index"], "error": reason}).encode() + b"\n"


def _text_of(values):
    if isinstance(values, float):
        return float.__repr__(values).encode()
    if type(values) is int:
        return b"%d" % values
    if hasattr(values, "tolist"):
        return _text_of(values.tolist())
    try:
        text = json.dumps(values, default=_plain, allow_nan=False)
    except ValueError:
        text = json.dumps(_finite(values))
    return text.encode()


def _plain(values):
    """For what JSON has no words for: arrays and numbers of NumPy become lists and numbers."""
    if hasattr(values, "tolist"):
        return _finite(values.tolist())
    raise TypeError(f"a worker returns numbers, texts, lists and dicts of them, not {type(values).__name__}")


def _finite(values):
    """The same with NaN as null and infinities as texts: JSON has no numbers for them."""
    if isinstance(values, dict):
        return {name: _finite(value) for name, value in values.items()}
    if isinstance(values, (list, tuple)):
        return [_finite(value) for value in values]
    if isinstance(values, float) and not math.isfinite(values):
        return None if math.isnan(values) else str(float(values))
    return _finite(values.tolist()) if hasattr(values, "tolist") else values


def _write(descriptor, text):
    while text:
        text = text[os.write(descriptor, text):]
