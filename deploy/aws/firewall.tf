# Who may speak with whom, one rule each. There is no port 22: SSM opens shells.

locals {
  shop_port = 8080 # nginx on the instances behind the load balancer

  # Instances call AWS, the payment provider and the mail server, and nothing else.
  ways_out = { https = 443, mail = var.mail_port }
  stores   = { postgresql = 5432, redis = 6379 }
}

# --- The instance of step 1 -----------------------------------------------------------------------

resource "aws_security_group" "store" {
  name        = "${local.prefix}-store-instance"
  description = "The instance of step 1, which keeps the stores in step 2"
  vpc_id      = aws_vpc.shop.id

  tags = { Name = "${local.prefix}-store-instance" }
}

resource "aws_vpc_security_group_ingress_rule" "store_from_public" {
  #checkov:skip=CKV_AWS_260:Step 1 is one instance that answers the public over HTTP; step 2 takes the rule away
  count = var.step == 1 || var.keep_port_80 ? 1 : 0

  security_group_id = aws_security_group.store.id
  description       = "HTTP from everywhere, in step 1"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = 80
  to_port           = 80
}

resource "aws_vpc_security_group_ingress_rule" "store_from_shop" {
  for_each = local.balanced ? local.stores : {}

  security_group_id            = aws_security_group.store.id
  description                  = "${each.key} from the instances of the shop"
  referenced_security_group_id = aws_security_group.shop[0].id
  ip_protocol                  = "tcp"
  from_port                    = each.value
  to_port                      = each.value
}

resource "aws_vpc_security_group_egress_rule" "store_out" {
  for_each = local.ways_out

  security_group_id = aws_security_group.store.id
  description       = "Out: ${each.key}"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = each.value
  to_port           = each.value
}

# --- The load balancer, and the instances behind it -----------------------------------------------

resource "aws_security_group" "balancer" {
  count = local.balanced ? 1 : 0

  name        = "${local.prefix}-balancer"
  description = "The load balancer"
  vpc_id      = aws_vpc.shop.id

  tags = { Name = "${local.prefix}-balancer" }
}

resource "aws_vpc_security_group_ingress_rule" "balancer_from_public" {
  #checkov:skip=CKV_AWS_260:Port 80 only redirects to HTTPS
  for_each = local.balanced ? { http = 80, https = 443 } : {}

  security_group_id = aws_security_group.balancer[0].id
  description       = "${each.key} from everywhere"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = each.value
  to_port           = each.value
}

resource "aws_vpc_security_group_egress_rule" "balancer_to_shop" {
  count = local.balanced ? 1 : 0

  security_group_id            = aws_security_group.balancer[0].id
  description                  = "To nginx on the instances"
  referenced_security_group_id = aws_security_group.shop[0].id
  ip_protocol                  = "tcp"
  from_port                    = local.shop_port
  to_port                      = local.shop_port
}

resource "aws_security_group" "shop" {
  count = local.balanced ? 1 : 0

  name        = "${local.prefix}-shop"
  description = "The instances behind the load balancer"
  vpc_id      = aws_vpc.shop.id

  tags = { Name = "${local.prefix}-shop" }
}

resource "aws_vpc_security_group_ingress_rule" "shop_from_balancer" {
  count = local.balanced ? 1 : 0

  security_group_id            = aws_security_group.shop[0].id
  description                  = "nginx, from the load balancer"
  referenced_security_group_id = aws_security_group.balancer[0].id
  ip_protocol                  = "tcp"
  from_port                    = local.shop_port
  to_port                      = local.shop_port
}

resource "aws_vpc_security_group_egress_rule" "shop_out" {
  for_each = local.balanced ? local.ways_out : {}

  security_group_id = aws_security_group.shop[0].id
  description       = "Out: ${each.key}"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = each.value
  to_port           = each.value
}

resource "aws_vpc_security_group_egress_rule" "shop_to_store" {
  for_each = local.balanced ? local.stores : {}

  security_group_id            = aws_security_group.shop[0].id
  description                  = "${each.key} on the store instance"
  referenced_security_group_id = aws_security_group.store.id
  ip_protocol                  = "tcp"
  from_port                    = each.value
  to_port                      = each.value
}

# --- The managed stores -----------------------------------------------------------------------------

resource "aws_security_group" "managed" {
  #checkov:skip=CKV2_AWS_5:Attached in stores.tf, by key
  for_each = local.managed ? local.stores : {}

  name        = "${local.prefix}-${each.key}"
  description = "The managed ${each.key}, which calls nobody"
  vpc_id      = aws_vpc.shop.id

  tags = { Name = "${local.prefix}-${each.key}" }
}

locals {
  # The store instance too, because the data moves from there.
  users_of_managed = local.managed ? { shop = aws_security_group.shop[0].id, store = aws_security_group.store.id } : {}
  managed_rules = {
    for each in setproduct(keys(local.users_of_managed), keys(local.stores)) :
    "${each[0]}-${each[1]}" => { user = local.users_of_managed[each[0]], store = each[1], port = local.stores[each[1]] }
  }
}

resource "aws_vpc_security_group_ingress_rule" "managed_from_instances" {
  for_each = local.managed_rules

  security_group_id            = aws_security_group.managed[each.value.store].id
  description                  = "${each.value.store} from ${each.key}"
  referenced_security_group_id = each.value.user
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
}

resource "aws_vpc_security_group_egress_rule" "instances_to_managed" {
  for_each = local.managed_rules

  security_group_id            = each.value.user
  description                  = "To the managed ${each.value.store}"
  referenced_security_group_id = aws_security_group.managed[each.value.store].id
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
}
