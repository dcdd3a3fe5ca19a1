"""Examples for each command, with which ``--help`` and the manual page end. A test parses every one."""

from __future__ import annotations

HUB = "wss://hub.example.org/sync/todo"

EXAMPLES: dict[str, tuple[str, ...]] = {
    "open": ("syncline", "syncline ~/todo.db", "syncline open --hidden"),
    "demo": ("syncline demo", "syncline demo --once", "syncline demo --p2p --windows"),
    "screenshots": ("syncline screenshots pictures",),
    "sync": (
        "syncline sync ~/todo.db",
        f"syncline sync ~/todo.db {HUB} --token-file ~/token",
        f"syncline sync ~/todo.db {HUB} --watch",
        "syncline sync ~/todo.db wss://hub.example.org/sync --room todo --json",
    ),
    "verify": (f"syncline verify ~/todo.db {HUB}", "syncline verify ~/todo.db --send-again theirs"),
    "schema": (f"syncline schema ~/todo.db {HUB}", "syncline schema ~/todo.db --add"),
    "serve": (
        "syncline serve ~/rooms --allow-create",
        "syncline serve ~/rooms --host 0.0.0.0 --tokens tokens.json --tls-cert hub.crt --tls-key hub.key",
        "syncline serve ~/rooms --allow-create --peer wss://two.example.org/sync/",
    ),
    "token": ("syncline token make laptop --tokens tokens.json", "syncline token list --tokens tokens.json"),
    "token make": (
        "syncline token make laptop --tokens tokens.json",
        "syncline token make wall --tokens tokens.json --room todo --read-only --expires 30d",
    ),
    "token list": ("syncline token list --tokens tokens.json",),
    "token revoke": ("syncline token revoke laptop --tokens tokens.json",),
    "pair": ("syncline pair ~/todo.db", "syncline pair 'syncline://pair?…' ~/todo.db"),
    "share": ("syncline share ~/todo.db", "syncline share ~/todo.db ~/list.db --local --port 8786"),
    "status": ("syncline status", "syncline status --json"),
    "activity": ("syncline activity", "syncline activity --csv > activity.csv"),
    "tables": ("syncline tables ~/todo.db",),
    "make-syncable": (
        "syncline make-syncable ~/todo.db todo list",
        "syncline make-syncable ~/todo.db --all",
        "syncline make-syncable ~/todo.db todo --undo",
    ),
    "relate": ("syncline relate ~/todo.db --list", "syncline relate ~/todo.db todo.list_id list"),
    "new-id": ("syncline new-id ~/copy.db", "syncline new-id ~/copy.db --yes"),
    "forget": ("syncline forget ~/todo.db", "syncline forget ~/todo.db --yes"),
    "backups": ("syncline backups list ~/todo.db", "syncline backups restore ~/todo.db --yes"),
    "backups list": ("syncline backups list", "syncline backups list ~/todo.db --json"),
    "backups restore": ("syncline backups restore ~/todo.db", "syncline backups restore ~/todo.db --yes"),
    "check": ("syncline check ~/todo.db", "syncline check ~/todo.db --repair"),
    "conflicts": ("syncline conflicts ~/todo.db", "syncline conflicts ~/todo.db --merge folders 7 --yes"),
    "changes": ("syncline changes ~/todo.db --since 100", "syncline changes ~/todo.db --follow --json"),
    "help": ("syncline help", "syncline help sync", "syncline help token make"),
    "completion": (
        "syncline completion bash > ~/.local/share/bash-completion/completions/syncline",
        "syncline completion zsh > ~/.zfunc/_syncline",
        "syncline completion fish > ~/.config/fish/completions/syncline.fish",
    ),
    "bench": ("syncline bench hub", "syncline bench read --rows 1000"),
}
"""Examples as a person would type them into a shell, by the words of the command."""
