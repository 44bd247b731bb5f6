"""The command line of `provider` and what belongs to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance import dispatch
from conformance.command_help import add_command

if TYPE_CHECKING:
    from conformance.command_help import Commands

__all__ = ["add_provider"]

_LIST = ("agw-conformance provider list", "those whose facts the suite has")
_SHOW = ("agw-conformance provider show groq", "the file with its facts")
_NEW = ("agw-conformance provider new acme --host llm.acme.example --path /v1/chat/completions", "one of your own")
_OWN = "Wherever a provider's name is asked for its file will do, too: agw-conformance certify --provider ./acme.yaml."
_CHECK = ("agw-conformance provider check acme.yaml", "is the file in order")
_SCHEMA = ("agw-conformance provider schema > provider.schema.json", "for your editor")


def add_provider(commands: Commands) -> None:
    """`provider` with list, show, new, check and schema."""
    text = "the facts of providers: host, path, key, models, errors"
    provider = add_command(commands, "provider", text, [_LIST, _SHOW, _NEW, _CHECK], more=_OWN)
    kinds = provider.add_subparsers(required=True, metavar="WHAT")

    listed = add_command(kinds, "list", "the providers whose facts the suite has", [_LIST])
    listed.add_argument("--json", action="store_true", help="as JSON")
    listed.set_defaults(command=dispatch.provider_list, lists_only=True)

    shown = add_command(kinds, "show", "the file with a provider's facts", [_SHOW])
    shown.add_argument("name", metavar="NAME", help="a provider's name or file")
    shown.set_defaults(command=dispatch.provider_show, lists_only=True)

    _add_new(kinds)

    checked = add_command(kinds, "check", "whether provider files are in order, with line numbers if not", [_CHECK])
    checked.add_argument("files", nargs="+", metavar="FILE", help="such as `provider new` writes")
    checked.set_defaults(command=dispatch.provider_check)

    schema = add_command(kinds, "schema", "the JSON Schema of provider files", [_SCHEMA])
    schema.set_defaults(command=dispatch.provider_schema, lists_only=True)


def _add_new(kinds: Commands) -> None:
    local = (
        "agw-conformance provider new local --host llm.llm.svc --port 8000 --path /v1/chat/completions"
        " --plaintext --no-key"
    )
    key = "agw-conformance provider new acme --host llm.acme.example --path /chat --header x-api-key"
    examples = [_NEW, (local, "in the cluster, without TLS or key"), (key, "the key alone in a header of its own")]
    new = add_command(kinds, "new", "a file for a provider of your own", examples, more=_OWN)
    new.add_argument("name", metavar="NAME", help="a part of object names and paths, such as acme")
    new.add_argument("--host", required=True, metavar="HOST", help="where its API is: the name alone")
    new.add_argument("--path", required=True, metavar="PATH", help="of chat completions, as the vendor documents it")
    new.add_argument("--port", type=int, metavar="N", help="default: 443, or 80 with --plaintext")
    new.add_argument("--model", action="append", default=[], metavar="NAME", help="one it has; repeatable (else: any)")
    new.add_argument("--header", metavar="NAME", help="that carries the key (default: Authorization)")
    word = 'before the key; "" for none (default: Bearer in Authorization, none in another header)'
    new.add_argument("--scheme", metavar="WORD", help=word)
    new.add_argument("--no-key", action="store_true", help="it wants no key")
    new.add_argument("--plaintext", action="store_true", help="it speaks HTTP without TLS")
    new.add_argument("--title", metavar="TEXT", help="its name for people")
    new.add_argument("--out", metavar="FILE", help="where to write it (default: NAME.yaml)")
    new.add_argument("--force", action="store_true", help="overwrite a file that is there")
    new.set_defaults(command=dispatch.provider_new)
