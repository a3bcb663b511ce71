"""A Kafka and a Redis as a bank has them: TLS by an authority of one's own, users with passwords and few rights."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from confluent_kafka.admin import AclBinding, AclPermissionType, AdminClient

from ops.launcher.apache import ApacheKafka, Node, node_properties
from ops.launcher.facts import java_binary, maven_binary, redis_binary
from ops.launcher.jars import fetch_jars
from ops.launcher.ports import LOCALHOST, free_ports
from ops.launcher.programs import Program
from ops.rights import RIGHTS
from ops.settings import Settings
from tests.support.certificates import Authority

__all__ = ["PASSWORD", "STRANGER", "USER", "SecuredKafka", "secured_redis", "tls_redis_binary"]

USER: Final = "c360"
PASSWORD: Final = "of-c360:a+b/c=d@e"
STRANGER: Final = "stranger"
LISTENERS: Final = ("SECURE", "EXPIRED", "MUTUAL")


@dataclass
class SecuredKafka:
    """One broker: a plain listener for its administrator, SASL_SSL for c360, one whose certificate has expired, and one
    that wants a client certificate.
    """

    authority: Authority
    folder: Path
    ports: Mapping[str, int] = field(default_factory=lambda: dict(zip(LISTENERS, free_ports(3), strict=True)))

    def start(self) -> "SecuredKafka":
        java, settings = java_binary(), Settings()
        assert java is not None, "there is no Java"
        jars = fetch_jars(maven_binary(), settings.cache, self.folder, lambda _line: None)
        users = {USER: PASSWORD, STRANGER: PASSWORD}
        self.broker = ApacheKafka(
            java, jars, self.folder / "kafka", self.folder, nodes=1, properties=self._properties, users=users
        )
        self.broker.start()
        admin = AdminClient({"bootstrap.servers": self.broker.address, "log_level": 0})
        for granted in admin.create_acls(list(_granted())).values():
            granted.result(60)
        return self

    def stop(self) -> None:
        self.broker.stop()

    def address(self, listener: str) -> str:
        """host:port of a listener; PLAIN: the administrator's."""
        return self.broker.address if listener == "PLAIN" else f"{LOCALHOST}:{self.ports[listener]}"

    def _properties(self, node: Node, nodes: tuple[Node, ...]) -> dict[str, object]:
        plain = node_properties(node, nodes)
        own = "".join(f",{name}://{LOCALHOST}:{port}" for name, port in self.ports.items())
        protocols = {"SECURE": "SASL_SSL", "EXPIRED": "SSL", "MUTUAL": "SSL"}
        secured: dict[str, object] = {
            "listeners": f"{plain['listeners']}{own}",
            "advertised.listeners": f"{plain['advertised.listeners']}{own}",
            "listener.security.protocol.map": f"{plain['listener.security.protocol.map']},"
            + ",".join(f"{name}:{protocol}" for name, protocol in protocols.items()),
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "super.users": "User:ANONYMOUS",
        }
        for name in LISTENERS:
            secured |= self._tls(f"listener.name.{name.lower()}", expired=name == "EXPIRED")
        jaas = "org.apache.kafka.common.security.scram.ScramLoginModule required;"
        secured["listener.name.secure.scram-sha-512.sasl.jaas.config"] = jaas
        secured["listener.name.secure.sasl.enabled.mechanisms"] = "SCRAM-SHA-512"
        secured["listener.name.mutual.ssl.client.auth"] = "required"
        return plain | secured

    def _tls(self, prefix: str, *, expired: bool) -> dict[str, object]:
        return {
            f"{prefix}.ssl.keystore.type": "PEM",
            f"{prefix}.ssl.keystore.location": self.authority.files(expired=expired, subject="kafka"),
            f"{prefix}.ssl.truststore.type": "PEM",
            f"{prefix}.ssl.truststore.location": self.authority.ca_file,
        }


def _granted() -> "list[AclBinding]":
    return [
        AclBinding(right.resource, right.name, right.pattern, f"User:{USER}", "*", operation, AclPermissionType.ALLOW)
        for right in RIGHTS
        for operation in right.operations
    ]


def tls_redis_binary(folder: Path) -> Path | None:
    """A Redis server that speaks TLS: Debian's.

    Its package redis-tools, which starts no service, holds the program under another name, by which it behaves.
    """
    found = redis_binary()
    tools = shutil.which("redis-check-rdb")
    if found is None and tools is not None:
        found = folder / "redis-server"
        found.symlink_to(tools)
    return found


def secured_redis(
    binary: Path, authority: Authority, folder: Path, users: Mapping[str, str], *, expired: bool = False
) -> Program:
    """A Redis that speaks TLS only, with these ACL users (name -> rules); `default` is off."""
    shown = authority.files(subject="redis", expired=expired)
    folder.mkdir(exist_ok=True)
    acl = folder / "users.acl"
    lines = ["user default off", *(f"user {name} on {rules}" for name, rules in users.items())]
    acl.write_text("\n".join(lines) + "\n")

    def command(port: int) -> list[str | Path]:
        tls: list[str | Path] = ["--port", "0", "--tls-port", str(port), "--bind", LOCALHOST]
        tls += ["--tls-cert-file", shown, "--tls-key-file", shown, "--tls-ca-cert-file", authority.ca_file]
        return [binary, *tls, "--tls-auth-clients", "no", "--aclfile", acl, "--dir", folder, "--save", ""]

    log = folder / "redis.log"
    return Program("Redis", log, scheme="rediss://", command=command, answers=lambda _address: _is_ready(log))


def _is_ready(log: Path) -> bool:
    return log.exists() and "Ready to accept connections" in log.read_text(errors="replace")
