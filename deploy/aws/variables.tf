# --- What is built ------------------------------------------------------------------------------

variable "step" {
  description = "1: one instance with its own stores. 2: a load balancer and instances over two zones. 3: RDS, ElastiCache."
  type        = number

  validation {
    condition     = contains([1, 2, 3], var.step)
    error_message = "The step is 1, 2 or 3."
  }
}

variable "name" {
  description = "What everything's name begins with. Another one must stand in deploy/pipeline/deploy too."
  type        = string
  default     = "bookstore"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,10}$", var.name))
    error_message = "The name is 2 to 11 lower-case letters, digits and hyphens, and begins with a letter; a load balancer takes no longer names."
  }
}

variable "environment" {
  description = "The GitHub environment that deploys here, and the second part of every name."
  type        = string
  default     = "production"

  validation {
    condition     = can(regex("^[a-z]{2,10}$", var.environment))
    error_message = "The environment is 2 to 10 lower-case letters."
  }
}

variable "region" {
  description = "The region of everything."
  type        = string
  default     = "us-east-1"
}

variable "network" {
  description = "The private addresses of the shop's network, a /16."
  type        = string
  default     = "10.20.0.0/16"

  validation {
    condition     = can(cidrhost(var.network, 0)) && endswith(var.network, "/16")
    error_message = "The network is written like 10.20.0.0/16."
  }
}

variable "alarm_email" {
  description = "Who is told of alarms; AWS sends a letter to confirm first. Empty: nobody is."
  type        = string
  default     = ""
}

# --- The shop -----------------------------------------------------------------------------------

variable "host_name" {
  description = "The shop's name in DNS. Step 1 does without: then the address of its instance is the shop's."
  type        = string
  default     = ""

  validation {
    condition     = var.step == 1 || var.host_name != ""
    error_message = "From step 2 on the shop needs its host_name: certificates are for names."
  }
}

variable "settings" {
  description = "Variables of .env.example that are neither secret nor made here, such as SHOP_NAME or SHOP_TIME_ZONE."
  type        = map(string)
  default     = {}
}

variable "compose_settings" {
  description = "Variables of compose.aws.yaml and compose.stores.yaml that every instance shall have, such as WEB_CONCURRENCY or ROLE_MEMORY."
  type        = map(string)
  default     = {}
}

variable "images" {
  description = "What runs besides the shop's own images. NAME@sha256:… pins one; a tag means what it means on the day an instance starts."
  type        = object({ nginx = optional(string), postgres = optional(string), redis = optional(string) })
  default     = {}
}

# --- Instances ----------------------------------------------------------------------------------

variable "ami" {
  description = "The image of the instances. Empty: what was the newest Amazon Linux 2023 for x86_64 when they were first made, or terraform_data.ami was replaced."
  type        = string
  default     = ""
}

variable "store_instance_type" {
  description = "The instance of step 1, which keeps the stores in step 2."
  type        = string
  default     = "t3.medium"
}

variable "store_volume_size" {
  description = "GiB for PostgreSQL's files and, in step 1, for uploaded ones. It can grow, not shrink."
  type        = number
  default     = 20
}

variable "keep_store_instance" {
  description = "Whether the instance of step 1 is still there. Its volume stays in any case."
  type        = bool
  default     = true

  validation {
    condition     = var.keep_store_instance || (var.step == 3 && var.stores_moved)
    error_message = "The store instance holds the shop's records until step 3's stores_moved is true."
  }
}

variable "keep_port_80" {
  description = "Whether step 1's instance still answers the public in step 2, while DNS changes over."
  type        = bool
  default     = false

  validation {
    condition     = !var.keep_port_80 || var.step <= 2
    error_message = "In step 3 nobody may still come by the old instance's port 80."
  }
}

variable "shop_instance_type" {
  description = "The instances behind the load balancer."
  type        = string
  default     = "t3.small"
}

variable "shop_instances" {
  description = "How few and how many instances stand behind the load balancer."
  type        = object({ min = number, max = number })
  default     = { min = 2, max = 4 }

  validation {
    condition     = var.shop_instances.min >= 2 && var.shop_instances.max > var.shop_instances.min
    error_message = "One instance in each of two zones is the least, and one more must be possible while one is replaced."
  }
}

variable "instance_refresh" {
  description = "Whether a change of the instances' launch template replaces them by itself, one after the other."
  type        = bool
  default     = true
}

variable "compose_version" {
  description = "Docker Compose, which Amazon Linux 2023 does not package."
  type        = string
  default     = "v2.40.3"
}

variable "compose_sha256" {
  description = "The sum of its docker-compose-linux-x86_64; compare it with the release's own checksums."
  type        = string
  default     = "dba9d98e1ba5bfe11d88c99b9bd32fc4a0624a30fafe68eea34d61a3e42fd372"
}

variable "mail_port" {
  description = "Where EMAIL_URL's server listens; besides HTTPS the only way out to the internet."
  type        = number
  default     = 587
}

# --- The load balancer (step 2) -----------------------------------------------------------------

variable "certificate_arn" {
  description = "The certificate for host_name in ACM, in the same region."
  type        = string
  default     = ""

  validation {
    condition     = var.step == 1 || var.certificate_arn != ""
    error_message = "From step 2 on the load balancer needs a certificate."
  }
}

variable "deletion_protection" {
  description = "Whether AWS refuses to delete the load balancer and the database."
  type        = bool
  default     = true
}

# --- The managed stores (step 3) ----------------------------------------------------------------

variable "stores_moved" {
  description = "Whether the shop uses RDS and ElastiCache. False until deploy/instance/move-stores has filled them; then true for good."
  type        = bool
  default     = false

  validation {
    condition     = !var.stores_moved || var.step == 3
    error_message = "There is nowhere to move the stores to before step 3."
  }
}

variable "multi_az" {
  description = "Whether the database and the cache have a stand-by in the second zone, at twice the price."
  type        = bool
  default     = true
}

variable "database_class" {
  description = "The size of RDS."
  type        = string
  default     = "db.t4g.small"
}

variable "database_storage" {
  description = "GiB: what RDS begins with, and what it may grow to by itself."
  type        = object({ first = number, most = number })
  default     = { first = 20, most = 100 }
}

variable "backup_days" {
  description = "How long RDS keeps what it needs to go back to any second."
  type        = number
  default     = 14

  validation {
    condition     = var.backup_days >= 7 && var.backup_days <= 35
    error_message = "Backups are kept for 7 to 35 days."
  }
}

variable "cache_type" {
  description = "The size of ElastiCache."
  type        = string
  default     = "cache.t4g.micro"
}

variable "read_master" {
  description = "Whether instances may read the secret of RDS's master, for create-logins. Null: until the stores have moved."
  type        = bool
  default     = null
}

# --- Logs, registry, GitHub ---------------------------------------------------------------------

variable "log_days" {
  description = "How long log lines are kept."
  type        = number
  default     = 30
}

variable "create_registry" {
  description = "Whether this environment makes the registry and the build role. One does; images are built once for all."
  type        = bool
  default     = true
}

variable "github_repository" {
  description = "OWNER/NAME of the repository whose workflows build and deploy. Empty: none may."
  type        = string
  default     = ""

  validation {
    condition     = var.github_repository == "" || can(regex("^[A-Za-z0-9-]+/[A-Za-z0-9._-]+$", var.github_repository))
    error_message = "The repository is written OWNER/NAME."
  }
}

variable "create_github_provider" {
  description = "Whether to make GitHub's identity provider; an account has at most one."
  type        = bool
  default     = true
}
