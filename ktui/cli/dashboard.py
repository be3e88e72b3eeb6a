"""The dashboard, from settings."""

from __future__ import annotations

from ktui.actions.audit import AuditLog
from ktui.cli.cluster import access
from ktui.settings import Settings, audit_file
from ktui.tui.app import Options, run


def dashboard(settings: Settings, *, hint: str = "") -> int:
    """Run the dashboard until it is quit; the exit code. Without a namespace it shows all of them."""
    namespace = "" if settings.all_namespaces else settings.namespace
    return run(
        Options(
            access(settings),
            AuditLog(audit_file()),
            namespace=namespace,
            selector=settings.selector,
            read_only=settings.read_only,
            theme=settings.theme,
            hint=hint,
        )
    )
