# What the other files call things.

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}

locals {
  prefix     = "${var.name}-${var.environment}"
  parameters = "/${var.name}/${var.environment}"
  account    = data.aws_caller_identity.current.account_id
  partition  = data.aws_partition.current.partition

  tags = {
    "bookstore:name"        = var.name
    "bookstore:environment" = var.environment
    "bookstore:made-by"     = "terraform"
  }

  # Each step has what the one before had, and more.
  balanced = var.step >= 2
  managed  = var.step >= 3

  # The role table: a test compares it with bookstore/roles.py.
  roles = jsondecode(file("${path.module}/roles.json"))
}
