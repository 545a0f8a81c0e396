"""Which faults can be planted in a file: mutmut's, and some that suit checks and statements.

Left out is what mypy --strict refuses anyway (None in place of an argument or of a local name)
and what only people read. A fault's identity is made of texts (file name, function, the lines
before and after), so that it stays the same when something else in the file moves.
"""

import ast
import difflib
import types
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import libcst as cst
import libcst.matchers as m
from libcst.metadata import MetadataWrapper, PositionProvider
from mutmut.mutation.file_mutation import MutationVisitor
from mutmut.mutation.mutators import (
    OPERATORS_TYPE,
    mutation_operators,
    operator_arg_removal,
    operator_assignment,
    operator_if_exp,
    operator_string,
)
from mutmut.mutation.pragma_handling import IgnoredCode

CO_OPTIMIZED = 1  # set in the code of functions, not of modules and classes


def drop_call(node: cst.Expr) -> Iterator[cst.Pass]:
    """Leave out a call whose result nobody uses."""
    if isinstance(node.value, cst.Call | cst.Await):
        yield cst.Pass()


def mutate_names(node: cst.SimpleString) -> Iterator[cst.BaseString]:
    """Change strings as mutmut does, but for sentences: those are read by people."""
    if " " not in node.value:
        yield from operator_string(node)


def drop_argument(node: cst.Call) -> Iterator[cst.Call]:
    """Leave out an argument, as mutmut does when it does not put None there."""
    yield from (each for each in operator_arg_removal(node) if len(each.args) < len(node.args))


def clear_attribute(node: cst.Assign) -> Iterator[cst.CSTNode]:
    """Let an attribute be None, or "" in place of None, as mutmut does with all names."""
    if isinstance(node.targets[0].target, cst.Attribute):
        yield from operator_assignment(node)


REPLACED = {operator_string, operator_arg_removal, operator_assignment}
OPERATORS: OPERATORS_TYPE = [
    *(each for each in mutation_operators if each[1] not in REPLACED),
    (cst.SimpleString, mutate_names),
    (cst.Call, drop_argument),
    (cst.Assign, clear_attribute),
    (cst.Expr, drop_call),
    (cst.If, operator_if_exp),  # never, and always
    (cst.CompIf, operator_if_exp),
]


class Visitor(MutationVisitor):
    """mutmut's, which also enters decorated functions; assertions are not behaviour."""

    def _skip_node_and_children(self, node: cst.CSTNode) -> bool:
        if isinstance(node, cst.Assert | cst.Decorator):
            return True
        if isinstance(node, cst.Assign):
            return m.matches(node.targets[0].target, m.Name("__all__") | m.Name("__slots__"))
        if isinstance(node, cst.FunctionDef):
            return False
        return bool(super()._skip_node_and_children(node))


@dataclass(frozen=True)
class Mutant:
    """One planted fault: a file, and the whole text of that file with the fault in it."""

    path: str  # from the top of the repository
    line: int
    lines: tuple[
        int, ...
    ]  # where the record may know it: the line, or above, where its statement begins
    function: str  # "Class.method", or "" outside of functions
    was: str
    now: str
    text: str

    @property
    def identity(self) -> tuple[str, str, str, str]:
        """What tells this fault from others, wherever its file lies."""
        return Path(self.path).name, self.function, self.was, self.now


class Source:
    """A source file and the faults that can be planted in it."""

    def __init__(self, root: Path, path: Path) -> None:
        self.path = str(path.relative_to(root))
        self.code = path.read_text()
        wrapper = MetadataWrapper(cst.parse_module(self.code))
        visitor = Visitor(OPERATORS, IgnoredCode(set(), set(), set()))
        self._module = wrapper.visit(visitor)
        self._positions = wrapper.resolve(PositionProvider)
        self._mutations = visitor.mutations

    def __len__(self) -> int:
        return len(self._mutations)

    def plant(self, number: int) -> Mutant | None:
        """Make one of the faults, or None where it changes nothing that is run."""
        mutation = self._mutations[number]
        changed = self._module.deep_replace(mutation.original_node, mutation.mutated_node)
        assert isinstance(changed, cst.Module)
        text = changed.code
        try:
            if signature(compile(text, "", "exec")) == signature(compile(self.code, "", "exec")):
                return None
        except (SyntaxError, ValueError):
            return None
        position = self._positions.get(mutation.original_node)
        was, now, first = differing_lines(self.code, text)
        line = position.start.line if position else first
        function, begins = self._function_at(line)
        lines = tuple(range(line, max(begins, line - 20), -1))
        return Mutant(self.path, line, lines, function, was, now, text)

    def _function_at(self, line: int) -> tuple[str, int]:
        names: list[str] = []
        nodes, begins = ast.parse(self.code).body, line - 1
        while True:
            for node in nodes:
                if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and (
                    node.lineno <= line <= (node.end_lineno or 0)
                ):
                    names.append(node.name)
                    nodes, begins = node.body, node.lineno
                    break
            else:
                return ".".join(names), begins


def differing_lines(before: str, after: str) -> tuple[str, str, int]:
    """Return the lines that went, those that came, and the number of the first that went."""
    first, second = before.splitlines(), after.splitlines()
    matcher = difflib.SequenceMatcher(None, first, second, autojunk=False)
    blocks = [each for each in matcher.get_opcodes() if each[0] != "equal"]
    was = "\n".join(line.strip() for _, a, b, _, _ in blocks for line in first[a:b])
    now = "\n".join(line.strip() for _, _, _, c, d in blocks for line in second[c:d])
    return was, now, blocks[0][1] + 1 if blocks else 1


def signature(code: types.CodeType) -> tuple[object, ...]:
    """Return what a piece of code does, apart from the lines that it stands on."""
    constants = tuple(
        signature(each) if isinstance(each, types.CodeType) else (type(each), repr(each))
        for each in code.co_consts
    )
    return (
        code.co_name,
        code.co_code,
        code.co_exceptiontable,
        code.co_names,
        code.co_varnames,
        code.co_freevars,
        code.co_cellvars,
        code.co_argcount,
        constants,
    )


def functions(code: types.CodeType) -> Iterator[types.CodeType]:
    """Yield the code of a module's functions and methods, without those inside of them."""
    for each in code.co_consts:
        if isinstance(each, types.CodeType):
            if not each.co_flags & CO_OPTIMIZED:
                yield from functions(each)
            elif not each.co_name.startswith("<"):
                yield each


def changed_function(
    before: types.CodeType, after: types.CodeType
) -> tuple[types.CodeType, types.CodeType] | None:
    """Return the one function that differs, as it was and as it is; None if more differs."""
    old, new = list(functions(before)), list(functions(after))
    if [each.co_qualname for each in old] != [each.co_qualname for each in new]:
        return None
    pairs = [(a, b) for a, b in zip(old, new, strict=True) if signature(a) != signature(b)]
    if len(pairs) != 1 or frame(before) != frame(after):
        return None
    return pairs[0]


def frame(code: types.CodeType) -> tuple[object, ...]:
    """Return what is run when a module is imported: all but the bodies of its functions."""
    constants = tuple(
        (
            (each.co_name if each in set(functions(code)) else frame(each))
            if isinstance(each, types.CodeType)
            else (type(each), repr(each))
        )
        for each in code.co_consts
    )
    return code.co_code, code.co_names, constants
