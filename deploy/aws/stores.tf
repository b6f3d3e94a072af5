# Step 3: PostgreSQL and the cache as managed services, in subnets that nobody outside reaches.

locals {
  database_connections = 300
}

resource "aws_db_subnet_group" "shop" {
  count = local.managed ? 1 : 0

  name       = local.prefix
  subnet_ids = aws_subnet.private[*].id
}

resource "aws_db_parameter_group" "shop" {
  count = local.managed ? 1 : 0

  name   = "${local.prefix}-postgres17"
  family = "postgres17"

  parameter {
    name  = "rds.force_ssl"
    value = "1"
  }

  parameter {
    name  = "log_min_duration_statement"
    value = "1000"
  }

  # As on the instance of step 1. A test compares it with what the instances may open.
  parameter {
    name         = "max_connections"
    value        = local.database_connections
    apply_method = "pending-reboot"
  }

  # As the shop expects of a connection that waits for a person: end it.
  parameter {
    name  = "idle_in_transaction_session_timeout"
    value = "60000"
  }
}

resource "aws_db_instance" "shop" {
  #checkov:skip=CKV_AWS_118:Performance Insights tells enough
  #checkov:skip=CKV_AWS_157:multi_az says so, and is on by default
  #checkov:skip=CKV_AWS_161:The roles have logins of their own with passwords out of Secrets Manager
  #checkov:skip=CKV_AWS_293:deletion_protection says so, and is on unless somebody tears the shop down
  #checkov:skip=CKV_AWS_354:Encrypted with a key of AWS
  count = local.managed ? 1 : 0

  identifier                   = local.prefix
  engine                       = "postgres"
  engine_version               = "17"
  auto_minor_version_upgrade   = true
  instance_class               = var.database_class
  storage_type                 = "gp3"
  allocated_storage            = var.database_storage.first
  max_allocated_storage        = var.database_storage.most
  storage_encrypted            = true
  multi_az                     = var.multi_az
  db_name                      = "bookstore"
  username                     = "master" # for making the shop's own logins, and nothing else
  manage_master_user_password  = true
  db_subnet_group_name         = aws_db_subnet_group.shop[0].name
  vpc_security_group_ids       = [aws_security_group.managed["postgresql"].id]
  publicly_accessible          = false
  parameter_group_name         = aws_db_parameter_group.shop[0].name
  ca_cert_identifier           = "rds-ca-rsa2048-g1"
  backup_retention_period      = var.backup_days
  backup_window                = "03:00-04:00"
  maintenance_window           = "sun:04:30-sun:05:30"
  copy_tags_to_snapshot        = true
  delete_automated_backups     = false
  deletion_protection          = var.deletion_protection
  skip_final_snapshot          = false
  final_snapshot_identifier    = "${local.prefix}-final"
  performance_insights_enabled = true
  apply_immediately            = true # an apply that says it is done is done; a bigger class is away for a minute

  enabled_cloudwatch_logs_exports = ["postgresql", "upgrade"]

  lifecycle {
    prevent_destroy = true
  }

  depends_on = [aws_cloudwatch_log_group.database]
}

resource "aws_elasticache_subnet_group" "shop" {
  count = local.managed ? 1 : 0

  name       = local.prefix
  subnet_ids = aws_subnet.private[*].id
}

# Its password is set by put_secrets.py --cache, so that it does not stand in Terraform's state.
# Everything in it can be lost, and is filled again by itself.
resource "aws_elasticache_replication_group" "shop" {
  #checkov:skip=CKV_AWS_31:The password is set outside of Terraform, to keep it out of the state
  #checkov:skip=CKV_AWS_191:Encrypted with a key of AWS
  #checkov:skip=CKV2_AWS_50:multi_az says so, and is on by default
  count = local.managed ? 1 : 0

  replication_group_id       = local.prefix
  description                = "Live answers, cached pages, rate limits"
  engine                     = "valkey"
  engine_version             = "8.0"
  node_type                  = var.cache_type
  port                       = 6379
  num_cache_clusters         = var.multi_az ? 2 : 1
  automatic_failover_enabled = var.multi_az
  multi_az_enabled           = var.multi_az
  subnet_group_name          = aws_elasticache_subnet_group.shop[0].name
  security_group_ids         = [aws_security_group.managed["redis"].id]
  parameter_group_name       = "default.valkey8" # evicts by volatile-lru: suggestions and badges have no lifetime and should stay
  at_rest_encryption_enabled = true
  transit_encryption_enabled = true
  transit_encryption_mode    = "required"
  auto_minor_version_upgrade = true
  maintenance_window         = "sun:05:30-sun:06:30"
  snapshot_retention_limit   = 0
  apply_immediately          = true

  lifecycle {
    ignore_changes = [auth_token, auth_token_update_strategy, engine_version]
  }
}
