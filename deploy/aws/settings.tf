# What instances read when they start, in the Parameter Store; nothing here is secret.
# deploy/instance/fetch_settings.py turns it into the environment of the containers.

locals {
  public_host = var.host_name != "" ? var.host_name : aws_eip.store[0].public_ip

  # Variables of .env.example. A test compares the names.
  shop_settings = merge(
    {
      ALLOWED_HOSTS = local.public_host
      SHOP_URL      = "${local.balanced ? "https" : "http"}://${local.public_host}"
      HTTPS_ONLY    = local.balanced ? "on" : "off"
      PROXY_COUNT   = "1" # nginx tells the roles one address, with a load balancer in front or without
      LOG_FORMAT    = "json"
    },
    local.balanced ? { AWS_STORAGE_BUCKET_NAME = aws_s3_bucket.shop["media"].bucket } : {},
    var.settings,
  )

  # Variables of compose.aws.yaml and docker/nginx.conf.template, besides those of one instance.
  compose_settings = merge(
    local.balanced ? {
      FORWARDED_PROTO = "https"
      TRUSTED_PROXIES = "set_real_ip_from ${var.network};"
      # Longer than the balancer's idle_timeout, so that a reload of nginx meets none of its requests.
      KEEPALIVE_MIN_TIMEOUT = "keepalive_min_timeout 65s;"
    } : {},
    { for name, image in var.images : "${upper(name)}_IMAGE" => image if image != null },
    var.compose_settings,
  )

  store_addresses = merge(
    var.keep_store_instance ? {
      instance = { postgresql = aws_instance.store[0].private_ip, redis = aws_instance.store[0].private_ip }
    } : {},
    local.managed ? {
      managed = {
        postgresql = aws_db_instance.shop[0].address
        redis      = aws_elasticache_replication_group.shop[0].primary_endpoint_address
        master     = aws_db_instance.shop[0].master_user_secret[0].secret_arn
      }
    } : {},
  )
}

resource "aws_ssm_parameter" "settings" {
  #checkov:skip=CKV2_AWS_34:Not secret; secrets stand in Secrets Manager
  for_each = local.shop_settings

  name  = "${local.parameters}/settings/${each.key}"
  type  = "String"
  value = each.value
}

resource "aws_ssm_parameter" "compose" {
  #checkov:skip=CKV2_AWS_34:Not secret; secrets stand in Secrets Manager
  for_each = local.compose_settings

  name  = "${local.parameters}/compose/${each.key}"
  type  = "String"
  value = each.value
}

resource "aws_ssm_parameter" "stores" {
  #checkov:skip=CKV2_AWS_34:Not secret; secrets stand in Secrets Manager
  for_each = local.store_addresses

  name  = "${local.parameters}/stores/${each.key}"
  type  = "String"
  value = jsonencode(each.value)
}

resource "aws_ssm_parameter" "current_stores" {
  #checkov:skip=CKV2_AWS_34:Not secret; secrets stand in Secrets Manager
  name  = "${local.parameters}/current-stores"
  type  = "String"
  value = var.stores_moved ? "managed" : "instance"
}

# A plan that would send the shop back to stores that have stood still since is refused; docs/aws.md
# says how to mean it.
resource "terraform_data" "stores_moved" {
  count = var.stores_moved ? 1 : 0

  lifecycle {
    prevent_destroy = true
  }
}

# Which images the shop runs. A deployment writes them once all instances run the new ones, and an
# instance that starts later takes them from here; so Terraform only makes them.
resource "aws_ssm_parameter" "image" {
  #checkov:skip=CKV2_AWS_34:Not secret; secrets stand in Secrets Manager
  for_each = toset(["backend", "frontend"])

  name  = "${local.parameters}/${each.key}-image"
  type  = "String"
  value = "none"

  lifecycle {
    ignore_changes = [value]
  }
}
