"""An instance as it stands on AWS, on this machine: its folder, its settings, its containers."""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import urllib.request
import uuid
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from subprocess import DEVNULL
from typing import Any

from deploy.tests.engine import eventually, own_address
from tests.shop import free_port

CHECKOUT = Path(__file__).resolve().parents[2]
PLENTY = 100_000
RUN_SECONDS = 900
HEALTH_SECONDS = "600"
"""For which deploy-role waits here: on a busy machine containers take their time."""

SETTINGS = """\
SECRET_KEY=only-for-a-rehearsal-and-long-enough-to-please-everybody-0123456789
DATABASE_URL=postgresql://bookstore:rehearsal@postgres:5432/bookstore
DATABASE_READER_URL=postgresql://bookstore_reader:rehearsal@postgres:5432/bookstore
REDIS_URL=redis://:rehearsal@redis:6379/0
ALLOWED_HOSTS=127.0.0.1
HTTPS_ONLY=off
PROXY_COUNT=1
RATE_LIMITS=off
EMAIL_URL=dummymail://
"""
STORES = "POSTGRES_PASSWORD=rehearsal\nDATABASE_PASSWORD=rehearsal\nREDIS_PASSWORD=rehearsal\n"


def run(*command: str | Path, check: bool = True, **options: Any) -> str:
    """What a command prints; a failure shows it."""
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        timeout=RUN_SECONDS, **options,
    )  # fmt: skip
    assert not check or done.returncode == 0, f"{command}: {done.stdout}"
    said: str = done.stdout
    return said


class Registry:
    """A registry of images on the loopback address, and images made for it."""

    def __init__(self, base: str, folder: Path) -> None:
        self._folder = folder
        self.address = f"127.0.0.1:{free_port()}"
        self.repository = f"{self.address}/bookstore"
        self._base = base

    @contextlib.contextmanager
    def serving(self) -> Iterator[None]:
        """Serve until the block ends, and forget every image."""
        settings = self._folder / "registry.yml"
        storage = {"filesystem": {"rootdirectory": str(self._folder / "registry")}}
        settings.write_text(
            json.dumps(
                {
                    "version": 0.1,
                    "storage": storage,
                    "http": {"addr": self.address},
                    "log": {"level": "error"},
                }
            )
        )
        command = ["docker-registry", "serve", str(settings)]
        with subprocess.Popen(command, stdout=DEVNULL, stderr=DEVNULL) as process:
            try:
                eventually(
                    lambda: process.poll() is not None or is_open(self.address),
                    otherwise=f"nobody listens on {self.address}",
                )
                assert process.poll() is None, "the registry has ended"
                yield
            finally:
                process.terminate()
        # By name: under their ids other names would go too, which are not ours.
        listed = ("docker", "image", "ls", "--digests", self.repository, "--format")
        for form in ("{{.Repository}}:{{.Tag}}", "{{.Repository}}@{{.Digest}}"):
            for name in set(run(*listed, form).split()):
                run("docker", "image", "rm", name, check=False)

    def push(self, name: str, files: Mapping[str, str] | None = None) -> str:
        """An image that differs by its name and by files below /app: its reference by digest."""
        folder = self._folder / f"image-{name}"
        lines = [f"FROM {self._base}", f"LABEL rehearsal={name}"]
        for path, content in (files or {}).items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(content)
            (folder / path).chmod(0o755)  # a script among them can be run
            lines.append(f"COPY {path} /app/{path}")
        folder.mkdir(exist_ok=True)
        (folder / "Dockerfile").write_text("\n".join(lines) + "\n")
        image = f"{self.repository}:{name}"
        run("docker", "build", "--quiet", "--tag", image, folder)
        run("docker", "push", "--quiet", image)
        said = run("docker", "image", "inspect", "--format", "{{json .RepoDigests}}", image)
        references: list[str] = json.loads(said)
        return next(each for each in references if each.startswith(self.repository + "@"))


def is_open(address: str) -> bool:
    """Whether somebody listens there."""
    host, _, port = address.partition(":")
    with contextlib.suppress(OSError), socket.create_connection((host, int(port)), 10):
        return True
    return False


class Instance:
    """What /opt/bookstore and /etc/bookstore are on an instance of step 1."""

    def __init__(self, folder: Path, registry: Registry) -> None:
        self.folder, self._registry = folder / "shop", registry
        self._settings = folder / "settings"
        self._data = [folder / name for name in ("media", "backups", "stores")]
        self.project = f"bookstore-{uuid.uuid4().hex[:8]}"
        self.port = free_port()
        self.base_url = f"http://127.0.0.1:{self.port}"

    @contextlib.contextmanager
    def running(self, image: str) -> Iterator[None]:
        """The whole shop from an image, with books and plenty of stock, until the block ends."""
        self._lay_out(image)
        try:
            self.compose("up", "--detach", "--wait", "postgres", "redis")
            self.command("prepare")
            self.command("load_sample_data")
            self.compose("up", "--detach", "--wait")
            self._fill_shelves()
            yield
        finally:
            self.compose("down", "--volumes", "--timeout", "5", check=False)

    def _lay_out(self, image: str) -> None:
        for path in (self.folder, self._settings, *self._data):
            path.mkdir(parents=True)
            path.chmod(0o777)  # containers write as users of their own
        media, backups, stores = self._data
        (self._settings / "shop.env").write_text(SETTINGS)
        (self._settings / "stores.env").write_text(STORES)
        values = {
            "COMPOSE_PROJECT_NAME": self.project,
            "COMPOSE_FILE": "compose.aws.yaml:compose.stores.yaml",
            "IMAGE_REPOSITORY": self._registry.repository,
            "BACKEND_IMAGE": image,
            "FRONTEND_IMAGE": image,
            "HTTP_ADDRESS": "127.0.0.1",
            "HTTP_PORT": str(self.port),
            "NGINX_RATE_LIMITS": "off",
            "NGINX_IMAGE": "nginx:1.28-trixie",
            "POSTGRES_IMAGE": "postgres:17-trixie",
            "REDIS_IMAGE": "redis:8-trixie",
            "SETTINGS_DIR": str(self._settings),
            "MEDIA_DIR": str(media),
            "BACKUP_DIR": str(backups),
            "STORES_DIR": str(stores),
            "STORES_ADDRESS": own_address(),
        }
        lines = [f"{name}={value}\n" for name, value in values.items()]
        (self.folder / ".env").write_text("".join(lines))
        run(CHECKOUT / "deploy" / "instance" / "unpack", image, self.folder)

    def _fill_shelves(self) -> None:
        self.editions = [each for each in self._editions() if each["available"]][:4]
        counted = "".join(f"{each['isbn13']},{PLENTY}\n" for each in self.editions)
        (self._data[0] / "stock.csv").write_text("isbn13,on_hand\n" + counted)
        self.command("import_stock", "/var/lib/bookstore/media/stock.csv")

    def _editions(self) -> list[dict[str, Any]]:
        with urllib.request.urlopen(f"{self.base_url}/api/v1/editions", timeout=60) as answer:
            items: list[dict[str, Any]] = json.load(answer)["items"]
            return items

    def compose(self, *words: str, check: bool = True) -> str:
        """What `docker compose …` prints in the folder."""
        return run("docker", "compose", *words, check=check, cwd=self.folder)

    def command(self, *words: str) -> str:
        """What a command of the shop prints."""
        return self.compose("run", "--rm", "-T", "prepare", *words)

    def containers(self, services: Sequence[str]) -> dict[str, str]:
        """The image that each container runs, by the container's id."""
        ids = self.compose("ps", "--all", "--quiet", *services).split()
        images = run("docker", "inspect", "--format", "{{.Config.Image}}", *ids).split()
        return dict(zip(ids, images, strict=True))

    def setting(self, name: str) -> str:
        """A variable of .env."""
        lines = (self.folder / ".env").read_text().splitlines()
        return next(line.partition("=")[2] for line in lines if line.startswith(f"{name}="))

    def files(self) -> dict[str, bytes]:
        """All that was unpacked here."""
        return {
            str(path.relative_to(self.folder)): path.read_bytes()
            for path in sorted(self.folder.rglob("*"))
            if path.is_file() and path.name not in (".env", ".deploy.lock")
        }

    def deploy(self, *words: str, **environment: str) -> tuple[int, str]:
        """Run deploy-role: its exit code, and what it said."""
        done = subprocess.run(
            [self.folder / "deploy" / "instance" / "deploy-role", *words],
            env={**os.environ, "HEALTH_SECONDS": HEALTH_SECONDS, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=2 * RUN_SECONDS,
        )
        return done.returncode, done.stdout


def missing() -> str:
    """The program that a rehearsal lacks here, if any."""
    programs = ("docker", "docker-registry", "curl", "flock", "jq")
    return next((each for each in programs if shutil.which(each) is None), "")
