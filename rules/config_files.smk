"""Config files are checked as they stand, before Snakemake merges them. No rule stands here."""

from neuroloop.config.check import ConfigError
from neuroloop.workflow.config_files import check_config_file

try:
    for file in [source("config/config.yaml"), *workflow.configfiles]:
        check_config_file(file)
except ConfigError as error:
    raise WorkflowError(str(error)) from None
