"""nginx in front of the three roles, with the image's own configuration."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from string import Template

TEMPLATE = Path(__file__).resolve().parent.parent.parent / "docker" / "nginx.conf.template"
# Debian keeps nginx where only root's PATH leads.
PLACES = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])
# Everything that the image's main configuration says and that must differ here.
MAIN = Template("""\
daemon off;
${user}worker_processes 2;
pid "${dir}/nginx.pid";
error_log "${dir}/error.log";
events { worker_connections 1024; }
http {
    access_log off;
    client_body_temp_path "${dir}/body";
    proxy_temp_path "${dir}/proxy";
    fastcgi_temp_path "${dir}/fastcgi";
    uwsgi_temp_path "${dir}/uwsgi";
    scgi_temp_path "${dir}/scgi";
    include "${dir}/shop.conf";
}
""")
DEFAULTS = {
    "FORWARDED_PROTO": "$scheme",
    "KEEPALIVE_MIN_TIMEOUT": "",
    "NGINX_ACCESS_LOG": "off",
    "NGINX_RATE_LIMITS": "on",
    "TRUSTED_PROXIES": "",
}


class NginxMissing(RuntimeError):
    """There is no nginx to run."""


def find() -> str:
    """The path of nginx; raises NginxMissing."""
    found = shutil.which("nginx", path=PLACES)
    if found is None:
        raise NginxMissing(
            "--split needs nginx, which is not installed: `apt-get install nginx` (or your"
            " system's way), or leave --split out."
        )
    return found


def configure(
    directory: Path, *, listen: str, upstreams: Mapping[str, str], **variables: str
) -> list[str]:
    """Write the configuration into `directory`; the command that runs it.

    `upstreams` maps the name of each role to its address, as nginx writes one; `variables` are
    those of the template that shall be unlike DEFAULTS.
    """
    directory.mkdir(parents=True, exist_ok=True)
    cache = directory / "cache"
    shutil.rmtree(cache, ignore_errors=True)  # the shop may have changed while it was closed
    cache.mkdir()
    known = {
        **DEFAULTS,
        **{f"{role.upper()}_UPSTREAM": address for role, address in upstreams.items()},
        "NGINX_LISTEN": listen,
        "NGINX_CACHE_DIR": _quoted(cache),
        **variables,
    }
    shop = Template(TEMPLATE.read_text()).safe_substitute(known)
    (directory / "shop.conf").write_text(shop)
    (directory / "nginx.conf").write_text(MAIN.substitute(dir=_quoted(directory), user=user()))
    return [find(), "-c", str(directory / "nginx.conf"), "-e", str(directory / "error.log")]


def user() -> str:
    """The line that keeps root's nginx from dropping to a user that reaches nothing of ours."""
    return "user root;\n" if os.geteuid() == 0 else ""


def _quoted(path: Path) -> str:
    return str(path).replace("\\", r"\\").replace('"', r"\"")
