"""Texts that are whole and say something else: tables, JSON, YAML."""

import json
import random
import re
from collections.abc import Callable
from typing import Any

Draw = random.Random

#: What may stand in a field of a table, or in place of a word.
FIELDS = (
    "", " ", "n/a", "nan", "NaN", "inf", "-inf", "1e400", "-1", "0", "1e-400", "0.5", "1_000", "0x10",
    "9" * 25, "9" * 5000, "1e18", "4294967296", "True", "None", "null", "\u0663", "1,5", "1;2", "+", "-",
    "a+b", "c1+c1", "../../etc/passwd", "/dev/zero", "/dev/null", ".", "/", "~", "a" * 300, "a" * 140_000,
    "\x00", "\r", "\x1b[31m", '"', '""', "\ufeff", "\u202e", "\ud7ff", "u\u0308", "\u00fc", "=1+1",
    "%s", "{}", "{x}", "$HOME", "*", "[1]", "#", "'", "\\", "file:///", "rest", "REST",
)  # fmt: skip

#: What may stand in place of a value of JSON or YAML.
VALUES: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 2**31, 2**63, 10**30, 0.5, 1e308, -0.0, "", "a", "\0", "nan", "1e-3",
    "../..", "/dev/zero", "a" * 10_000, [], {}, [None], [[]], {"": None}, {"a": {}}, [1, "a", None],
    list(range(1000)), [0.5] * 3, -(10**6), 10**6,
)  # fmt: skip


def encoded(draw: Draw, content: bytes) -> bytes:
    """The same text in another encoding, or with another beginning or line end."""
    text = content.decode("utf-8", "replace").replace(
        "0", draw.choice(("0", "\u00e4", "\u0660")), 1
    )
    made = {
        "utf-16": text.encode("utf-16"),
        "utf-16-le": text.encode("utf-16-le"),
        "utf-32": text.encode("utf-32"),
        "latin-1": text.encode("latin-1", "replace"),
        "bom": text.encode("utf-8-sig"),
        "two boms": b"\xef\xbb\xbf" + text.encode("utf-8-sig"),
        "nul": text.encode().replace(b"\n", b"\0\n", 1),
        "cr": text.encode().replace(b"\n", b"\r"),
        "crlf": text.encode().replace(b"\n", b"\r\n"),
        "mixed": text.encode().replace(b"\n", b"\r\r\n", 2),
        "surrogate": text.encode() + b"\xed\xa0\x80",
        "separator": text.encode().replace(b"\n", "\u2028".encode(), 1),
        "overlong": text.encode() + b"\xc0\x80",
        "utf-7": text.encode("utf-7"),
    }
    return made[draw.choice(list(made))]


def field(draw: Draw, content: bytes) -> bytes:
    """One or more words between separators replaced."""
    parts = re.split(r"([\t,\n :\[\]{}\"])", content.decode("utf-8", "replace"))
    for _ in range(draw.choice((1, 1, 1, 2, 5))):
        parts[2 * draw.randrange((len(parts) + 1) // 2)] = draw.choice(FIELDS)
    return "".join(parts).encode("utf-8", "replace")


def lines(draw: Draw, content: bytes) -> bytes:
    """Lines repeated, dropped, exchanged, or made endless."""
    rows = content.splitlines(keepends=True) or [b""]
    at, to = draw.randrange(len(rows)), draw.randrange(len(rows))
    how = draw.randrange(7)
    if how == 0:
        rows.insert(to, rows[at])
    elif how == 1:
        del rows[at]
    elif how == 2:
        rows[at], rows[to] = rows[to], rows[at]
    elif how == 3:
        rows[at] = rows[at].rstrip(b"\n") * 2 + b"\n"
    elif how == 4:
        rows = rows[:1] * 3 + rows[1:]
    elif how == 5:
        rows = rows[:at] + rows[at : at + 1] * draw.choice((2, 1000)) + rows[at:]
    else:
        rows = rows[:1]
    return b"".join(rows)


def columns(draw: Draw, content: bytes) -> bytes:
    """A column dropped, repeated, renamed, emptied or filled alike."""
    text = content.decode("utf-8", "replace")
    separator = "\t" if "\t" in text else ","
    rows = [line.split(separator) for line in text.splitlines()]
    if not rows:
        return content
    at, to = draw.randrange(len(rows[0])), draw.randrange(len(rows[0]))
    how, filled = draw.randrange(6), draw.choice(FIELDS)
    for number, row in enumerate(rows):
        if at >= len(row) or to >= len(row):
            continue
        if how == 0:
            del row[at]
        elif how == 1:
            row.insert(to, row[at])
        elif how == 2:
            row[at], row[to] = row[to], row[at]
        elif (how == 3 and number == 0) or (how == 4 and number):
            row[at] = filled
        elif how == 5 and number:
            row[at] = row[to]
    made = "\n".join(separator.join(row) for row in rows) + "\n"
    return made.encode("utf-8", "replace")


def quoted(draw: Draw, content: bytes) -> bytes:
    """Quotes opened and not closed, or around separators and line ends."""
    text = content.decode("utf-8", "replace")
    at = draw.randrange(len(text) + 1)
    inside = draw.choice(('"', '"a\tb\nc"', '""""', '"\n' * 50))
    return (text[:at] + inside + text[at:]).encode()


def value(draw: Draw, content: bytes) -> bytes:
    """A value of JSON replaced, dropped, wrapped or repeated."""
    try:
        facts = json.loads(content)
    except ValueError:
        return content
    for _ in range(draw.choice((1, 1, 2))):
        holder, key = _somewhere(draw, facts)
        if holder is None:
            return json.dumps(draw.choice(VALUES)).encode()
        how = draw.randrange(5)
        if how == 0:
            del holder[key]
        elif how == 1:
            holder[key] = [holder[key]]
        elif how == 2 and isinstance(holder, dict):
            holder[draw.choice(("a", "", "size ", "Kind"))] = holder[key]
        elif (
            how == 3 and isinstance(holder[key], int | float) and not isinstance(holder[key], bool)
        ):
            holder[key] = draw.choice((-1, 0.5, 1000, 1e9)) * holder[key]
        else:
            holder[key] = draw.choice(VALUES)
    return json.dumps(facts).encode()


def _somewhere(draw: Draw, facts: Any) -> tuple[Any, Any]:
    """Draw a place in nested lists and objects: who holds it, and under which key."""
    places: list[tuple[Any, Any]] = []
    waiting = [facts]
    while waiting:
        holder = waiting.pop()
        inside = holder.items() if isinstance(holder, dict) else enumerate(holder)
        for key, item in inside:
            places.append((holder, key))
            if isinstance(item, dict | list):
                waiting.append(item)
        if len(places) > 5000:
            break
    return draw.choice(places) if places else (None, None)


def literal(draw: Draw, content: bytes) -> bytes:
    """JSON that only some readers take: NaN, repeated keys, endless nesting, half a surrogate."""
    text = content.decode("utf-8", "replace")
    what = draw.choice(
        ("NaN", "Infinity", "1e999", "9" * 6000, '"\\ud800"', '"\\u0000"', "[" * 100_000, '{"a":' * 50_000,
         "[" * 300 + "]" * 300, "01", "'a'", "// a", "1.", "+1", "1" * 400, "-" * 10)
    )  # fmt: skip
    numbers = list(re.finditer(r"(?<=[\[ :,])(\d[\d.]*|\"[^\"]*\")(?=[\],\s}])", text))
    if draw.random() < 0.2 or not numbers:
        return (text[:1] + '"kind": 1, "kind": 2, "shape": [1], "shape": [2],' + text[1:]).encode()
    one = draw.choice(numbers)
    return (text[: one.start()] + what + text[one.end() :]).encode()


def yaml_text(draw: Draw, content: bytes) -> bytes:
    """YAML's own traps: aliases that multiply, tags, merge keys, tabs, types of bare words."""
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12)
    )
    traps = (
        bomb, "a: &a [*a]\n", "a: &a {b: *a}\n", "<<: [1]\n", "<<: &x {<<: *x}\n", "? [a, b]\n: c\n",
        "? {a: b}\n: c\n", "a: !!python/object/apply:os.system ['true']\n", "a: !!binary x\n", "a: !!set {1}\n",
        "a: !!float x\n", "a: !!timestamp 1\n", "a: 2001-99-99\n", "a: 1:60:99\n", "a: .inf\n", "a: *unknown\n",
        "---\na: 1\n---\nb: 2\n", "\t- a\n", "a: [\n", "a: b: c\n", "'a\n", "%YAML 9.9\n---\n", "!!str\n",
        "[" * 5000, "{a: " * 3000, "- " * 3000 + "\n", "01: a\n", "no: a\n", "1.5: a\n", "null: a\n", "~: a\n",
        "a: " + "9" * 6000 + "\n", "a: 0o99999\n", "a: 0b" + "1" * 9000 + "\n", "a: !!int x\n", "=: 1\n",
        "a: !!merge 1\n", "run: !!omap [a: 1]\n", "a: !!pairs [1]\n", "a: \x07\n", "a: 9999-12-31T99:99:99Z\n",
    )  # fmt: skip
    text = content.decode("utf-8", "replace")
    rows = text.splitlines(keepends=True)
    at = draw.choice((0, len(rows), draw.randrange(len(rows) + 1)))
    return "".join([*rows[:at], draw.choice(traps), *rows[at:]]).encode()


Forge = Callable[[Draw, bytes], bytes]

TABLE: tuple[Forge, ...] = (encoded, field, field, field, lines, columns, columns, quoted)

TEXTS: dict[str, tuple[Forge, ...]] = {
    ".tsv": TABLE,
    ".csv": TABLE,
    ".txt": (encoded, field, field, lines, quoted),
    ".json": (encoded, field, lines, value, value, value, literal, literal),
    ".yaml": (encoded, field, field, lines, yaml_text, yaml_text),
}
