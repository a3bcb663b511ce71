"""Who may ask the API, by the settings: roles, machines, a token issuer or the one for development."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from connectors.loopback import LOOPBACK
from connectors.serving.access.roles import Role, RolesWrong, default_roles, read_roles
from connectors.serving.api.parts import SignIn
from connectors.serving.tokens.bearer import BearerTokens
from connectors.serving.tokens.dev_issuer import AUDIENCE, CLIENT_ID, DevIssuer, default_people
from connectors.serving.tokens.issuer_keys import FixedKeys, IssuerKeys, fetch_from
from connectors.serving.tokens.machines import Machines, MachinesWrong, read_machines
from connectors.serving.tokens.who import Who
from ops.errors import OperatorError
from ops.settings import Settings

__all__ = ["Access", "access_of"]


@dataclass(frozen=True)
class Access:
    """Who may come in, and what he may."""

    roles: Mapping[str, Role]
    who: Who
    sign_in: SignIn | None
    dev_issuer: DevIssuer | None


def access_of(settings: Settings, url: str) -> Access:
    """Of the settings, for an API at `url`. OperatorError says what is wrong with them."""
    roles = _roles(settings.roles_file)
    machines = _machines(settings.machines_file, roles)
    if settings.dev_issuer:
        issuer = _dev_issuer(settings, url)
        tokens = BearerTokens(issuer.url, AUDIENCE, FixedKeys(issuer.key_set()))
        return Access(roles, Who(tokens, machines), SignIn(issuer.url, CLIENT_ID), issuer)
    if settings.oidc_issuer is None:
        if settings.machines_file is None:
            raise OperatorError(
                "Nobody could ask this API: set C360_OIDC_ISSUER (people) or C360_MACHINES_FILE (machines), "
                "or for development C360_DEV_ISSUER=true."
            )
        return Access(roles, Who(None, machines), None, None)
    keys = IssuerKeys(fetch_from(settings.oidc_issuer, settings.oidc_jwks_url))
    tokens = BearerTokens(settings.oidc_issuer, settings.oidc_audience, keys)
    sign_in = SignIn(settings.oidc_issuer, settings.oidc_client_id, settings.oidc_scope)
    return Access(roles, Who(tokens, machines), sign_in, None)


def _dev_issuer(settings: Settings, url: str) -> DevIssuer:
    if settings.api_host not in LOOPBACK:
        raise OperatorError(
            f"The development issuer asks for no password, so it serves this machine only, not {settings.api_host}: "
            "unset C360_DEV_ISSUER and set C360_OIDC_ISSUER, or listen on 127.0.0.1."
        )
    if settings.oidc_issuer is not None:
        raise OperatorError("C360_DEV_ISSUER and C360_OIDC_ISSUER are both set: unset the one that is not meant.")
    return DevIssuer(f"{url}/dev-issuer", default_people(), time.time)


def _roles(file: Path | None) -> dict[str, Role]:
    if file is None:
        return default_roles()
    try:
        return read_roles(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, RolesWrong) as error:
        raise OperatorError(f"The roles file {file} is not as it should be: {error}") from None


def _machines(file: Path | None, roles: Mapping[str, Role]) -> Machines:
    if file is None:
        return Machines()
    try:
        return read_machines(file.read_text("utf-8"), roles)
    except (OSError, UnicodeDecodeError, MachinesWrong) as error:
        raise OperatorError(f"The machines file {file} is not as it should be: {error}") from None
