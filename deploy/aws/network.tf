# One network over two zones. Instances stand in the public subnets, because they must reach ECR,
# Secrets Manager, mail and payment providers, and public addresses cost a tenth of two NAT gateways;
# their security groups let nobody in. The managed stores stand in subnets without a way out.

data "aws_availability_zones" "all" {
  #checkov:skip=CKV_AWS_394:The first two are taken, and subnets stay in theirs (see ignore_changes)
  state = "available"

  filter {
    name   = "opt-in-status"
    values = ["opt-in-not-required"]
  }
}

locals {
  zones = slice(data.aws_availability_zones.all.names, 0, 2)
}

resource "aws_vpc" "shop" {
  #checkov:skip=CKV2_AWS_11:Flow logs cost more than the small shop's instances say; turn them on when there is somebody to read them
  cidr_block           = var.network
  enable_dns_hostnames = true
  enable_dns_support   = true

  tags = { Name = local.prefix }
}

# Nothing uses it; without rules, a forgotten resource in it reaches nothing.
resource "aws_default_security_group" "closed" {
  vpc_id = aws_vpc.shop.id

  tags = { Name = "${local.prefix}-closed" }
}

resource "aws_internet_gateway" "shop" {
  vpc_id = aws_vpc.shop.id

  tags = { Name = local.prefix }
}

resource "aws_subnet" "public" {
  count = 2

  vpc_id            = aws_vpc.shop.id
  availability_zone = local.zones[count.index]
  cidr_block        = cidrsubnet(var.network, 8, count.index)

  tags = { Name = "${local.prefix}-public-${count.index + 1}" }

  lifecycle {
    ignore_changes = [availability_zone] # a new zone in the region must not move anything
  }
}

resource "aws_route_table" "public" {
  vpc_id = aws_vpc.shop.id

  tags = { Name = "${local.prefix}-public" }
}

resource "aws_route" "internet" {
  route_table_id         = aws_route_table.public.id
  destination_cidr_block = "0.0.0.0/0"
  gateway_id             = aws_internet_gateway.shop.id
}

resource "aws_route_table_association" "public" {
  count = 2

  route_table_id = aws_route_table.public.id
  subnet_id      = aws_subnet.public[count.index].id
}

resource "aws_subnet" "private" {
  count = local.managed ? 2 : 0

  vpc_id            = aws_vpc.shop.id
  availability_zone = local.zones[count.index]
  cidr_block        = cidrsubnet(var.network, 8, count.index + 10)

  tags = { Name = "${local.prefix}-private-${count.index + 1}" }

  lifecycle {
    ignore_changes = [availability_zone] # a new zone in the region must not move anything
  }
}

resource "aws_route_table" "private" {
  count = local.managed ? 1 : 0

  vpc_id = aws_vpc.shop.id

  tags = { Name = "${local.prefix}-private" }
}

resource "aws_route_table_association" "private" {
  count = local.managed ? 2 : 0

  route_table_id = aws_route_table.private[0].id
  subnet_id      = aws_subnet.private[count.index].id
}

# Free, and keeps what goes to S3 (uploaded files, backups, the layers of images) inside AWS.
resource "aws_vpc_endpoint" "s3" {
  vpc_id            = aws_vpc.shop.id
  service_name      = "com.amazonaws.${var.region}.s3"
  vpc_endpoint_type = "Gateway"
  route_table_ids   = [aws_route_table.public.id]

  tags = { Name = "${local.prefix}-s3" }
}
