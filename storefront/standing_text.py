"""Templates whose standing text is put together once: words, addresses and parts of pages.

Half of what a page consists of says the same each time, and Django looks each piece up anew: words
in the catalogue of the language, addresses in the URL configuration, included templates by name.
Here a template is gone through once, as it is loaded: neighbours that say the same each time are
joined and kept as they were written first, what is included takes its place, and what a template
extends is known with its blocks.
"""

import functools
from collections.abc import Iterable, Iterator
from html import escape
from typing import Any
from weakref import WeakSet

from django.conf import settings
from django.template import Context, Node, NodeList, Template, TemplateDoesNotExist
from django.template.base import (
    FilterExpression,
    TextNode,
    Variable,
    VariableNode,
    render_value_in_context,
)
from django.template.defaulttags import (
    CommentNode,
    CycleNode,
    IfChangedNode,
    IfNode,
    LoadNode,
    URLNode,
)
from django.template.loader_tags import (
    BLOCK_CONTEXT_KEY,
    BlockContext,
    BlockNode,
    ExtendsNode,
    IncludeNode,
)
from django.template.loaders import cached
from django.templatetags.i18n import TranslateNode
from django.templatetags.static import StaticNode
from django.utils.formats import localize
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from storefront import release
from storefront.templatetags.shop import Unchanging

_SILENT = (CommentNode, LoadNode)
_OF_ITS_OWN = (BlockNode, ExtendsNode, CycleNode, IfChangedNode)
"""What works differently where it stands in a template of its own."""
_KEY = "standing text"
Key = tuple[str | None, str, str]


class Loader(cached.Loader):
    """Django's own, which keeps templates, with their standing text put together."""

    def get_template(self, template_name: str, skip: Any = None) -> Template:
        """The template. Raises TemplateDoesNotExist."""
        template = super().get_template(template_name, skip)
        if not self.engine.debug and template not in self._done:
            self._done.add(template)  # before that: it may include itself
            self._put_together(template.nodelist)
            template.nodelist[:] = [self._extending(node, template) for node in template.nodelist]
        return template

    @functools.cached_property
    def _done(self) -> "WeakSet[Template]":
        return WeakSet()

    def _put_together(self, nodes: NodeList) -> None:
        for node in nodes:
            for nodelist in _below(node):
                self._put_together(nodelist)
        nodes[:] = _joined(self._in_place(node) for node in nodes)

    def _extending(self, node: Node, template: Template) -> Node:
        """What stands for a node that extends another template, if it is the same each time."""
        if type(node) is not ExtendsNode:
            return node
        parent_name: FilterExpression = node.parent_name  # type: ignore[assignment]  # says the stub
        name = _literal(parent_name)
        if name is None or name == template.name:  # of another folder
            return node
        try:
            parent = self.get_template(name)
        except TemplateDoesNotExist:  # which Django tells of once it is needed
            return node
        if any(type(each) is ExtendsNode for each in parent.nodelist):
            return node  # who is looked up for each page is told what came before
        return Extending(node, parent)

    def _in_place(self, node: Node) -> Node:
        """What stands for the node: what it includes, where that is the same each time."""
        if type(node) is VariableNode:
            return Said(node)
        if type(node) is not IncludeNode or node.isolated_context:
            return node
        name = _literal(node.template)
        try:
            included = self.get_template(name) if name else None
        except TemplateDoesNotExist:  # which Django tells of once it is needed
            return node
        if included is None or any(map(included.nodelist.get_nodes_by_type, _OF_ITS_OWN)):
            return node
        return Part(included.nodelist, node.extra_context)


class Standing(Node):
    """Neighbours that say the same each time, in one language and release."""

    child_nodelists = ()

    def __init__(self, nodes: Iterable[Node]) -> None:
        self._nodes = NodeList(nodes)
        self._written: dict[Key, str] = {}

    def render(self, context: Context) -> str:
        """As it was written before, or written now."""
        known: dict[Any, Any] = context.render_context.dicts[0]  # of this page alone
        key: Key | None = known.get(_KEY)
        if key is None:
            key = known[_KEY] = (get_language(), settings.ROOT_URLCONF, release.current())
        written = self._written.get(key)
        if written is None:
            written = self._written[key] = self._nodes.render(context)
        return written

    render_annotated = render


class Said(VariableNode):
    """A value. Most are texts, which are neither times nor numbers to be written for people."""

    def __init__(self, node: VariableNode) -> None:
        super().__init__(node.filter_expression)
        self.token, self.origin = node.token, node.origin

    def render(self, context: Context) -> str:
        """As Django's own does, which first looks for what the value might be instead."""
        try:
            value = self.filter_expression.resolve(context)
        except UnicodeDecodeError:
            return ""
        if type(value) is SafeString:
            return value
        if type(value) is str and context.autoescape:
            return escape(value)
        if type(value) is int and context.use_l10n is None:
            return _number(value, get_language())
        return render_value_in_context(value, context)

    render_annotated = render


@functools.lru_cache(maxsize=4_096)  # pages write the same quantities, years and sizes
def _number(value: int, language: str | None) -> str:
    return str(localize(value))


class Part(Node):
    """What another template says, with what it is told besides."""

    child_nodelists = ()  # no block is among them, for which Django would look on each page

    def __init__(self, nodes: NodeList, told: dict[str, FilterExpression]) -> None:
        self.nodes = nodes
        self._told = told

    @property
    def is_standing(self) -> bool:
        """Whether it says the same each time."""
        return all(map(_is_standing, self.nodes))

    def render(self, context: Context) -> SafeString:
        """As Django's own does, which looks it up by its name first."""
        with context.push(**{name: said.resolve(context) for name, said in self._told.items()}):
            return self.nodes.render(context)


class Extending(ExtendsNode):
    """What extends a template that is known, with the blocks of that."""

    def __init__(self, node: ExtendsNode, parent: Template) -> None:
        super().__init__(node.nodelist, node.parent_name)
        self.token, self.origin = node.token, node.origin
        self._parent = parent
        has_parent = any(isinstance(each, ExtendsNode) for each in parent.nodelist)
        nodes = () if has_parent else parent.nodelist.get_nodes_by_type(BlockNode)
        self._of_root = {node.name: node for node in nodes if isinstance(node, BlockNode)}

    def render(self, context: Context) -> SafeString:
        """As Django's own does, which looks both up for each page."""
        known = context.render_context
        if BLOCK_CONTEXT_KEY not in known:
            known[BLOCK_CONTEXT_KEY] = BlockContext()
        blocks: BlockContext = known[BLOCK_CONTEXT_KEY]
        blocks.add_blocks(self.blocks)
        blocks.add_blocks(self._of_root)
        with known.push_state(self._parent, isolated_context=False):
            written: SafeString = self._parent._render(context)  # type: ignore[attr-defined]
            return written


def _below(node: Node) -> Iterator[NodeList]:
    if isinstance(node, IfNode):
        yield from (nodelist for _condition, nodelist in node.conditions_nodelists)
        return
    for name in node.child_nodelists:
        nodelist = getattr(node, name, None)
        if isinstance(nodelist, NodeList):
            yield nodelist


def _joined(nodes: Iterable[Node]) -> Iterator[Node]:
    """With neighbours that stand made one; without what says nothing."""
    standing: list[Node] = []
    for node in nodes:
        if _is_standing(node):
            standing.append(node)
        elif not isinstance(node, _SILENT):
            yield from _one(standing)
            standing = []
            yield node
    yield from _one(standing)


def _one(nodes: list[Node]) -> Iterator[Node]:
    texts = [node.s for node in nodes if isinstance(node, TextNode)]
    if len(texts) < len(nodes):
        yield Standing(nodes)
    elif text := "".join(texts):
        yield TextNode(text)


def _is_standing(node: Node) -> bool:
    match node:
        case TranslateNode():
            is_plain = node.asvar is None and node.message_context is None
            return is_plain and _literal(node.filter_expression) is not None
        case URLNode():
            name = _literal(node.view_name)
            is_plain = not (node.args or node.kwargs or node.asvar)
            return is_plain and name is not None and ":" not in name
        case StaticNode():
            return node.varname is None and _literal(node.path) is not None
        case Part() | Unchanging():
            return node.is_standing
    return isinstance(node, TextNode | Standing)


def _literal(said: FilterExpression) -> str | None:
    """The text that stands there between quotation marks, unfiltered; None: something else."""
    found = said.var.literal if isinstance(said.var, Variable) else said.var
    return found if isinstance(found, str) and not said.filters else None
