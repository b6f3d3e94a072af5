"""How templates write variables, words and addresses: what Django writes, in half of the time.

A book's page has a hundred and fifty of them. For each Django looks whether it is a date, a number
or lazy, whether an object is a dictionary, and what a constant is in the reader's language. What is
plain takes a short way here; all else, and every failure, is left to Django, from the beginning.
While DEBUG is on Django reads everything, as its error pages know where a template failed.
"""

from html import escape
from types import MethodType
from typing import Any

from django.conf import settings
from django.template import Context, Node, Origin, Template, TemplateDoesNotExist
from django.template.base import (
    FilterExpression,
    Lexer,
    NodeList,
    Parser,
    Token,
    Variable,
    VariableDoesNotExist,
    VariableNode,
    render_value_in_context,
)
from django.template.defaulttags import URLNode
from django.template.loaders import base, cached
from django.templatetags.i18n import TranslateNode
from django.urls import get_script_prefix, get_urlconf
from django.utils.safestring import SafeString
from django.utils.translation import get_language


class _Unusual(Exception):
    """Django must look at it."""


class _Variable(Variable):
    """A name of the context, and the attributes and keys that lead on from there."""

    def _resolve_lookup(self, context: Any) -> Any:
        lookups = self.lookups or ()
        name = lookups[0]
        try:
            for known in reversed(context.dicts):
                if name in known:
                    return _followed(known[name], lookups)
            is_absent = not hasattr(context, name)
        except Exception:
            is_absent = False  # or whatever it is: Django comes upon it again, and knows
        if is_absent:
            raise VariableDoesNotExist("Failed lookup for key [%s] in %r", (name, context))
        return super()._resolve_lookup(context)  # type: ignore[misc] # Django's own, without a stub


def _followed(current: Any, lookups: tuple[str, ...]) -> Any:
    """What the lookups after the first lead to. Raises whatever goes wrong, or _Unusual."""
    if callable(current):
        raise _Unusual
    for place in range(1, len(lookups)):
        kind = type(current)
        if kind is dict:
            current = current[lookups[place]]
        elif hasattr(kind, "__getitem__"):
            raise _Unusual
        else:
            current = getattr(current, lookups[place])
        if callable(current):
            if type(current) is not MethodType or hasattr(current, "alters_data"):
                raise _Unusual
            current = current()
    return current


class _Value(VariableNode):
    """`{{ … }}`."""

    def render(self, context: Context) -> str:
        """The value as text, escaped."""
        try:
            value = self.filter_expression.resolve(context)
        except UnicodeDecodeError:
            return ""
        if context.autoescape:
            kind = type(value)
            if kind is str:
                return escape(value)
            if kind is SafeString:
                return str(value)
            if kind is int and not settings.USE_THOUSAND_SEPARATOR:
                return str(value)
        written: str = render_value_in_context(value, context)
        return written


class _Constant(Node):
    """`{% translate "…" %}`, which is written once for each language."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._written: dict[tuple[str | None, ...], str] = {}

    def render(self, context: Context) -> str:
        """As it was written before, or written now."""
        key = self._key()
        written = self._written.get(key)
        if written is None:
            written = self._written[key] = self._node.render(context)
        return written

    def _key(self) -> tuple[str | None, ...]:
        return (get_language(),)


class _Address(_Constant):
    """`{% url "…" %}`, which is written once for each prefix."""

    def _key(self) -> tuple[str | None, ...]:
        return (get_urlconf() or settings.ROOT_URLCONF, get_script_prefix())


def _shorter(node: Node) -> Node:
    """The node that writes the same on the short way, where there is one."""
    kind = type(node)
    if kind is VariableNode:
        return _Value(node.filter_expression)  # type: ignore[attr-defined] # what it was made of
    if isinstance(node, TranslateNode) and kind is TranslateNode:
        is_plain = (
            not node.asvar and not node.message_context and not node.filter_expression.filters
        )
        return _Constant(node) if is_plain and node.filter_expression.var.lookups is None else node
    if isinstance(node, URLNode) and kind is URLNode:
        is_plain = not (node.asvar or node.args or node.kwargs or node.view_name.filters)
        is_named = isinstance(node.view_name.var, str) and ":" not in node.view_name.var
        return _Address(node) if is_plain and is_named else node
    return node


class _Parser(Parser):
    def compile_filter(self, token: str) -> FilterExpression:
        """A variable with its filters."""
        expression = super().compile_filter(token)
        if type(expression.var) is Variable and expression.var.lookups is not None:
            expression.var = _Variable(expression.var.var)
        return expression

    def extend_nodelist(self, nodelist: NodeList, node: Node, token: Token) -> None:
        """Add a node."""
        super().extend_nodelist(nodelist, _shorter(node), token)


class _Template(Template):
    def compile_nodelist(self) -> NodeList:
        """Read the text."""
        if self.engine.debug:
            return super().compile_nodelist()
        libraries, builtins = self.engine.template_libraries, self.engine.template_builtins
        parser = _Parser(Lexer(self.source).tokenize(), libraries, builtins, self.origin)
        nodes = parser.parse()
        self.extra_data = parser.extra_data
        return nodes


class _Reading(base.Loader):
    def get_template(self, template_name: str, skip: list[Origin] | None = None) -> Template:
        """The first template of the name that is not to be skipped; raises TemplateDoesNotExist."""
        tried = []
        for origin in self.get_template_sources(template_name):
            if skip is not None and origin in skip:
                tried.append((origin, "Skipped to avoid recursion"))
                continue
            try:
                contents = self.get_contents(origin)  # type: ignore[attr-defined] # a mixin's
            except TemplateDoesNotExist:
                tried.append((origin, "Source does not exist"))
                continue
            return _Template(contents, origin, template_name, self.engine)
        raise TemplateDoesNotExist(template_name, tried=tried)


class Loader(cached.Loader, _Reading):
    """Templates where other loaders find them, read once."""
