# Every container of every instance writes JSON lines here, in a stream INSTANCE/CONTAINER.

locals {
  log_group = local.parameters
}

resource "aws_cloudwatch_log_group" "shop" {
  #checkov:skip=CKV_AWS_158:Encrypted with a key of AWS
  #checkov:skip=CKV_AWS_338:A year of log lines would be a year of visitors' addresses
  name              = local.log_group
  retention_in_days = var.log_days
}

# RDS would make them itself, and keep them for ever.
resource "aws_cloudwatch_log_group" "database" {
  #checkov:skip=CKV_AWS_158:Encrypted with a key of AWS
  #checkov:skip=CKV_AWS_338:As above
  for_each = local.managed ? toset(["postgresql", "upgrade"]) : toset([])

  name              = "/aws/rds/instance/${local.prefix}/${each.key}"
  retention_in_days = var.log_days
}

resource "aws_cloudwatch_log_metric_filter" "errors" {
  name           = "${local.prefix}-errors"
  log_group_name = aws_cloudwatch_log_group.shop.name
  pattern        = "{ ($.level = \"error\") || ($.level = \"critical\") }"

  metric_transformation {
    namespace     = local.prefix
    name          = "ErrorsLogged"
    value         = "1"
    default_value = "0"
  }
}
