# What somebody must look at. docs/operations.md says what to do about each.

resource "aws_sns_topic" "alarms" {
  #checkov:skip=CKV_AWS_26:Alarms name no customer, and the key of AWS would keep CloudWatch from writing here
  name = "${local.prefix}-alarms"
}

resource "aws_sns_topic_subscription" "alarms" {
  count = var.alarm_email != "" ? 1 : 0

  topic_arn = aws_sns_topic.alarms.arn
  protocol  = "email"
  endpoint  = var.alarm_email
}

locals {
  balancer    = one(aws_lb.shop[*].arn_suffix)
  cache_nodes = var.multi_az ? ["001", "002"] : ["001"] # either may be the one that is written to

  # One row an alarm. `for` is how many minutes in a row; `missing` what no value means.
  alarms = merge(
    {
      errors-logged = {
        means      = "The shop's code failed at something: search the log group for level error."
        namespace  = local.prefix, metric = "ErrorsLogged", statistic = "Sum", dimensions = {}
        comparison = "GreaterThanThreshold", threshold = 5, for = 5, missing = "notBreaching"
      }
      backup-missing = {
        means      = "No backup has been taken for 26 hours: look at bookstore-backup on the instance that takes them."
        namespace  = local.prefix, metric = "BackupTaken", statistic = "Sum", dimensions = {}
        comparison = "LessThanThreshold", threshold = 1, for = 1560, missing = "breaching"
      }
      jobs-waiting = {
        means      = "A job has waited for more than 5 minutes, or nothing tells: the worker is down, or a job does not end. E-mails wait meanwhile."
        namespace  = local.prefix, metric = "OldestJobSeconds", statistic = "Maximum", dimensions = {}
        comparison = "GreaterThanThreshold", threshold = 300, for = 15, missing = "breaching"
      }
      disk-full = {
        means      = "An instance's own disk is more than 80 % full: old images or backups stay on it."
        namespace  = local.prefix, metric = "DiskUsed", statistic = "Maximum", dimensions = {}
        comparison = "GreaterThanThreshold", threshold = 80, for = 15, missing = "breaching"
      }
      memory-full = {
        means      = "More than 90 % of an instance's memory is in use: fewer processes, or a bigger instance."
        namespace  = local.prefix, metric = "MemoryUsed", statistic = "Maximum", dimensions = {}
        comparison = "GreaterThanThreshold", threshold = 90, for = 15, missing = "breaching"
      }
    },
    var.keep_store_instance ? {
      store-instance-status = {
        means      = "The instance with the stores does not answer AWS's own checks: the shop is down or about to be."
        namespace  = "AWS/EC2", metric = "StatusCheckFailed", statistic = "Maximum"
        dimensions = { InstanceId = aws_instance.store[0].id }
        comparison = "GreaterThanThreshold", threshold = 0, for = 2, missing = "breaching"
      }
      store-volume-full = {
        means      = "The volume with PostgreSQL's files is more than 80 % full, or nothing tells how full it is: raise store_volume_size."
        namespace  = local.prefix, metric = "StoreVolumeUsed", statistic = "Maximum", dimensions = {}
        comparison = "GreaterThanThreshold", threshold = 80, for = 15, missing = "breaching"
      }
    } : {},
    local.balanced ? merge(
      {
        balancer-5xx = {
          means      = "The load balancer itself answers with errors: no instance is ready, or none answers in time."
          namespace  = "AWS/ApplicationELB", metric = "HTTPCode_ELB_5XX_Count", statistic = "Sum"
          dimensions = { LoadBalancer = local.balancer }
          comparison = "GreaterThanThreshold", threshold = 5, for = 2, missing = "notBreaching"
        }
        too-few-instances = {
          means      = "Fewer instances serve than the least that there must be: new ones do not start. Look at the group's activity and the newest instance's log."
          namespace  = "AWS/AutoScaling", metric = "GroupInServiceInstances", statistic = "Minimum"
          dimensions = { AutoScalingGroupName = aws_autoscaling_group.shop[0].name }
          comparison = "LessThanThreshold", threshold = var.shop_instances.min, for = 15, missing = "breaching"
        }
      },
      merge([for role, group in aws_lb_target_group.role : {
        "targets-5xx-${role}" = {
          means      = "Role ${role} answers with errors: search the log group for its requests with status 500 and above."
          namespace  = "AWS/ApplicationELB", metric = "HTTPCode_Target_5XX_Count", statistic = "Sum"
          dimensions = { LoadBalancer = local.balancer, TargetGroup = group.arn_suffix }
          comparison = "GreaterThanThreshold", threshold = 10, for = 2, missing = "notBreaching"
        }
        "unhealthy-${role}" = {
          means      = "Role ${role} is not ready on some instance: its container is down, or a store does not answer it."
          namespace  = "AWS/ApplicationELB", metric = "UnHealthyHostCount", statistic = "Maximum"
          dimensions = { LoadBalancer = local.balancer, TargetGroup = group.arn_suffix }
          comparison = "GreaterThanThreshold", threshold = 0, for = 5, missing = "notBreaching"
        }
        "slow-${role}" = {
          means      = "One in a hundred requests to role ${role} takes longer than 2 s: look at the slow queries, then at the database's and the instances' load."
          namespace  = "AWS/ApplicationELB", metric = "TargetResponseTime", statistic = "p99"
          dimensions = { LoadBalancer = local.balancer, TargetGroup = group.arn_suffix }
          comparison = "GreaterThanThreshold", threshold = 2, for = 10, missing = "notBreaching"
        }
      }]...),
    ) : {},
    local.managed ? {
      database-cpu = {
        means      = "The database is busy: Performance Insights names the queries; a bigger database_class gives room."
        namespace  = "AWS/RDS", metric = "CPUUtilization", statistic = "Average"
        dimensions = { DBInstanceIdentifier = aws_db_instance.shop[0].identifier }
        comparison = "GreaterThanThreshold", threshold = 80, for = 15, missing = "breaching"
      }
      database-storage = {
        means      = "The database has less than 2 GiB left, so growing by itself has reached its end: raise database_storage.most."
        namespace  = "AWS/RDS", metric = "FreeStorageSpace", statistic = "Minimum"
        dimensions = { DBInstanceIdentifier = aws_db_instance.shop[0].identifier }
        comparison = "LessThanThreshold", threshold = 2147483648, for = 15, missing = "breaching"
      }
      database-memory = {
        means      = "The database has less than 128 MiB of memory left: fewer connections, or a bigger database_class."
        namespace  = "AWS/RDS", metric = "FreeableMemory", statistic = "Minimum"
        dimensions = { DBInstanceIdentifier = aws_db_instance.shop[0].identifier }
        comparison = "LessThanThreshold", threshold = 134217728, for = 15, missing = "breaching"
      }
      database-connections = {
        means      = "Four in five of the connections that the database allows are open: too many instances, or something does not close them."
        namespace  = "AWS/RDS", metric = "DatabaseConnections", statistic = "Maximum"
        dimensions = { DBInstanceIdentifier = aws_db_instance.shop[0].identifier }
        comparison = "GreaterThanThreshold", threshold = local.database_connections * 0.8, for = 5, missing = "breaching"
      }
    } : {},
    local.managed ? merge([for node in local.cache_nodes : {
      "cache-cpu-${node}" = {
        means      = "A node of the cache is busy, and it has one core for commands: a bigger cache_type."
        namespace  = "AWS/ElastiCache", metric = "EngineCPUUtilization", statistic = "Average"
        dimensions = { CacheClusterId = "${local.prefix}-${node}" }
        comparison = "GreaterThanThreshold", threshold = 80, for = 15, missing = "breaching"
      }
      "cache-memory-${node}" = {
        means      = "A node of the cache is more than 80 % full: pages will be computed more often; a bigger cache_type."
        namespace  = "AWS/ElastiCache", metric = "DatabaseMemoryUsagePercentage", statistic = "Maximum"
        dimensions = { CacheClusterId = "${local.prefix}-${node}" }
        comparison = "GreaterThanThreshold", threshold = 80, for = 15, missing = "breaching"
      }
      "cache-evictions-${node}" = {
        means      = "A node of the cache threw out answers before their time, because it is full: a bigger cache_type."
        namespace  = "AWS/ElastiCache", metric = "Evictions", statistic = "Sum"
        dimensions = { CacheClusterId = "${local.prefix}-${node}" }
        comparison = "GreaterThanThreshold", threshold = 100, for = 15, missing = "notBreaching"
      }
    }]...) : {},
  )
}

resource "aws_cloudwatch_metric_alarm" "shop" {
  for_each = local.alarms

  alarm_name          = "${local.prefix}-${each.key}"
  alarm_description   = each.value.means
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  dimensions          = each.value.dimensions
  statistic           = startswith(each.value.statistic, "p") ? null : each.value.statistic
  extended_statistic  = startswith(each.value.statistic, "p") ? each.value.statistic : null
  comparison_operator = each.value.comparison
  threshold           = each.value.threshold
  period              = each.value.for >= 60 ? 3600 : each.value.for >= 5 ? 300 : 60
  evaluation_periods  = each.value.for >= 60 ? each.value.for / 60 : each.value.for >= 5 ? each.value.for / 5 : each.value.for
  treat_missing_data  = each.value.missing
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}
