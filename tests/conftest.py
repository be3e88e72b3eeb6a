"""What holds for all tests: a property is judged by what it finds, not by how long a busy machine takes."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

settings.register_profile("ktui", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ktui")
