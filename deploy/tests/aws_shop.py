"""The shop of deploy/aws, built on a simulated AWS, and questions to what was built."""

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest

from deploy.tests.terraform import Simulator, Terraform, why_not

NOT_TESTED = "NOT TESTED: "
PREFIX = "bookstore-production"
ANYWHERE = "0.0.0.0/0"
KEPT = ("aws_ebs_volume", "aws_instance", "aws_db_instance", "aws_s3_bucket", "aws_eip")
"""What holds records or files, or is where they are found: no step may replace it."""

FORGOTTEN = {
    ("aws_autoscaling_group", "capacity_reservation_specification"),
    ("aws_autoscaling_group", "default_instance_warmup"),
    ("aws_autoscaling_group", "launch_template"),
    ("aws_autoscaling_policy", "enabled"),
    ("aws_autoscaling_policy", "predictive_scaling_configuration"),
    ("aws_instance", "vpc_security_group_ids"),
    ("aws_launch_template", "default_version"),
    ("aws_launch_template", "latest_version"),
    ("aws_launch_template", "tag_specifications"),
    ("aws_vpc_security_group_egress_rule", "description"),
    ("aws_vpc_security_group_ingress_rule", "description"),
}
"""What the simulator does not remember, and Terraform therefore wants to set again."""


@dataclass
class Shop:
    """The shop on the simulator, as far as it has been built."""

    terraform: Terraform
    simulator: Simulator
    certificate: str

    def variables(self, step: int, **others: object) -> dict[str, object]:
        """What the operator chooses; instances are not refreshed, which the simulator lacks."""
        return {
            "step": step,
            "host_name": "shop.example",
            "certificate_arn": self.certificate,
            "github_repository": "owner/shop",
            "instance_refresh": False,
            "settings": {"SHOP_NAME": "Bob's Books"},
            **others,
        }

    def go(self, step: int, **others: object) -> dict[str, Any]:
        """Build a step; returns what was planned for it."""
        plan = self.terraform.plan(self.variables(step, **others))
        self.terraform.apply()
        return plan

    def aws(self, service: str) -> Any:
        """A client of the simulator."""
        return boto3.client(
            service,
            region_name="us-east-1",
            endpoint_url=self.simulator.url,
            aws_access_key_id="testing",
            aws_secret_access_key="testing",
        )


def actions(plan: dict[str, Any]) -> dict[str, list[str]]:
    """What a plan does, by address, without what stays as it is."""
    changes = {each["address"]: each["change"]["actions"] for each in plan["resource_changes"]}
    return {address: does for address, does in changes.items() if does not in (["no-op"], ["read"])}


def replaced(plan: dict[str, Any]) -> list[str]:
    """What a plan takes away of that which must stay."""
    return [
        address
        for address, does in actions(plan).items()
        if "delete" in does and address.split(".")[0] in KEPT
    ]


def certificate(folder: Path) -> tuple[bytes, bytes]:
    """A certificate of nobody's."""
    words = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30"]
    files = ["-subj", "/CN=shop.example", "-keyout", "key.pem", "-out", "certificate.pem"]
    subprocess.run([*words, *files], cwd=folder, check=True, capture_output=True)
    return (folder / "certificate.pem").read_bytes(), (folder / "key.pem").read_bytes()


def differences(plan: dict[str, Any]) -> set[tuple[str, str]]:
    """Each kind of resource and attribute that a plan would set again."""
    found = set()
    for each in plan["resource_changes"]:
        before, after = each["change"]["before"] or {}, each["change"]["after"] or {}
        unknown = each["change"]["after_unknown"]
        names = {*before, *after}
        found |= {
            (each["type"], name)
            for name in names
            if before.get(name) != after.get(name) or unknown.get(name) is True
        }
    return found


def doors(groups: list[dict[str, Any]]) -> dict[str, set[tuple[int, str]]]:
    """Who may come in, by security group: port and network, or port and name of another group."""
    names = {group["GroupId"]: group["GroupName"] for group in groups}
    return {
        group["GroupName"]: {
            (rule["FromPort"], source)
            for rule in group["IpPermissions"]
            for source in (
                *(each["CidrIp"] for each in rule["IpRanges"]),
                *(names[each["GroupId"]] for each in rule["UserIdGroupPairs"]),
            )
        }
        for group in groups
    }


def policy(document: Any) -> list[dict[str, Any]]:
    """The statements of a policy, which boto3 gives as text or as an object."""
    parsed = json.loads(document) if isinstance(document, str) else document
    statements: list[dict[str, Any]] = parsed["Statement"]
    return statements


def name_of(thing: dict[str, Any]) -> str:
    """A thing's tag `Name`."""
    tags: dict[str, str] = {tag["Key"]: tag["Value"] for tag in thing["Tags"]}
    return tags["Name"]


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """An empty AWS, and Terraform before its first step."""
    if why := why_not():
        pytest.skip(f"{NOT_TESTED}the steps on AWS, because {why}")
    folder = tmp_path_factory.mktemp("steps")
    simulator = Simulator(folder / "moto.log")
    simulator.start()
    try:
        terraform = Terraform(folder / "aws", simulator.environment)
        terraform.prepare()
        # The simulator has no host names for buckets.
        (terraform.folder / "simulator_override.tf").write_text(
            'provider "aws" {\n  s3_use_path_style = true\n}\n'
        )
        shop = Shop(terraform, simulator, "")
        public, key = certificate(folder)
        imported = shop.aws("acm").import_certificate(Certificate=public, PrivateKey=key)
        shop.certificate = imported["CertificateArn"]
        # The simulator makes a replication group without the nodes that Terraform then looks for.
        for number in (1, 2):
            shop.aws("elasticache").create_cache_cluster(
                CacheClusterId=f"bookstore-production-00{number}",
                Engine="redis",
                EngineVersion="8.0",
                CacheNodeType="cache.t4g.micro",
                NumCacheNodes=1,
            )
        yield shop
    finally:
        simulator.stop()


@pytest.fixture(scope="session")
def step_1(shop: Shop) -> Shop:
    """The shop in step 1."""
    shop.go(1)
    return shop


@pytest.fixture(scope="session")
def to_step_2(step_1: Shop) -> dict[str, Any]:
    """What was planned for step 2."""
    return step_1.go(2)


@pytest.fixture(scope="session")
def step_2(shop: Shop, to_step_2: dict[str, Any]) -> Shop:
    """The shop in step 2."""
    return shop


@pytest.fixture(scope="session")
def to_step_3(step_2: Shop) -> dict[str, Any]:
    """What was planned for step 3."""
    return step_2.go(3)


@pytest.fixture(scope="session")
def step_3(shop: Shop, to_step_3: dict[str, Any]) -> Shop:
    """The shop in step 3."""
    return shop
