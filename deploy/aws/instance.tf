# Step 1's instance. From step 2 on it only keeps the stores, until step 3 has taken them over.

data "aws_ssm_parameter" "amazon_linux" {
  name = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
}

# What was the newest when it was first asked. An apply for another reason must not replace instances,
# so a newer one is asked for: terraform apply -replace=terraform_data.ami
resource "terraform_data" "ami" {
  input = nonsensitive(data.aws_ssm_parameter.amazon_linux.value)

  lifecycle {
    ignore_changes = [input]
  }
}

locals {
  ami = var.ami != "" ? var.ami : terraform_data.ami.output

  user_data = {
    for kind, differs in {
      store = { http_port = 80, volume = aws_ebs_volume.stores.id, lifecycle_hook = "" }
      shop  = { http_port = local.shop_port, volume = "", lifecycle_hook = "starting" }
      } : kind => templatefile("${path.module}/user-data.sh.tftpl", merge(differs, {
        region         = var.region
        prefix         = local.prefix
        parameters     = local.parameters
        secret         = aws_secretsmanager_secret.shop.name
        log_group      = local.log_group
        backup_bucket  = "${local.prefix}-backups-${local.account}"
        compose_url    = "https://github.com/docker/compose/releases/download/${var.compose_version}/docker-compose-linux-x86_64"
        compose_sha256 = var.compose_sha256
    }))
  }
}

# The records and, in step 1, the uploaded files. It outlives every instance.
resource "aws_ebs_volume" "stores" {
  #checkov:skip=CKV_AWS_189:Encrypted with a key of AWS
  #checkov:skip=CKV2_AWS_9:Backed up by deploy/instance/backup to a bucket, as something that can be restored anywhere
  availability_zone = aws_subnet.public[0].availability_zone
  size              = var.store_volume_size
  type              = "gp3"
  encrypted         = true

  tags = { Name = "${local.prefix}-stores" }

  lifecycle {
    prevent_destroy = true
    ignore_changes  = [availability_zone]
  }
}

resource "aws_instance" "store" {
  #checkov:skip=CKV_AWS_88:Step 1 is one instance that answers the public
  #checkov:skip=CKV_AWS_126:The alarms need no more than one value in five minutes
  count = var.keep_store_instance ? 1 : 0

  ami                         = local.ami
  instance_type               = var.store_instance_type
  subnet_id                   = aws_subnet.public[0].id
  vpc_security_group_ids      = [aws_security_group.store.id]
  iam_instance_profile        = aws_iam_instance_profile.shop.name
  associate_public_ip_address = true
  ebs_optimized               = true
  user_data                   = local.user_data.store

  metadata_options {
    http_tokens                 = "required"
    http_put_response_hop_limit = 2 # containers use the instance's role for S3; which, says deploy/instance/start
    instance_metadata_tags      = "enabled"
  }

  root_block_device {
    volume_type = "gp3"
    volume_size = 30
    encrypted   = true
  }

  # What it runs is its role, and deployments look for it.
  tags = {
    Name             = "${local.prefix}-store"
    "bookstore:role" = var.step == 1 ? "shop" : "stores"
  }

  # A newer Amazon Linux or user-data must not replace or stop the instance that has the records.
  lifecycle {
    ignore_changes = [ami, user_data, associate_public_ip_address]
  }

  depends_on = [aws_route.internet]
}

resource "aws_volume_attachment" "stores" {
  count = var.keep_store_instance ? 1 : 0

  device_name                    = "/dev/sdf"
  volume_id                      = aws_ebs_volume.stores.id
  instance_id                    = aws_instance.store[0].id
  stop_instance_before_detaching = true
}

# The shop's address in step 1; from then on the store instance's way out.
resource "aws_eip" "store" {
  #checkov:skip=CKV2_AWS_19:Associated below
  count = var.keep_store_instance ? 1 : 0

  domain = "vpc"

  tags = { Name = "${local.prefix}-store" }
}

resource "aws_eip_association" "store" {
  count = var.keep_store_instance ? 1 : 0

  allocation_id = aws_eip.store[0].id
  instance_id   = aws_instance.store[0].id
}
