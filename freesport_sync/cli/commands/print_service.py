"""`--print-service`: how the system starts by itself what the other arguments ask for."""

from __future__ import annotations

from freesport_sync.cli.invocation import Invocation
from freesport_sync.cli.results import ServicePrinted
from freesport_sync.cli.service_options import service_arguments, service_roles
from freesport_sync.errors import ExitCode
from freesport_sync.services.system_service import define_service


def print_service(invocation: Invocation) -> int:
    """Print the unit or the task, or write it into a file; nothing else is created or changed."""
    options, texts = invocation.options, invocation.texts
    roles = service_roles(options)
    about = f"FREESPORT: {', '.join(texts(f'service.{role}') for role in roles)}"
    service = define_service(roles, service_arguments(options), options.home, options.database_url, about)
    if options.output is not None:
        service.save(options.output)
    invocation.output.show(ServicePrinted(service, options.output))
    return ExitCode.DONE
