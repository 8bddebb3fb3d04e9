"""Where jobs run on this site, as its profile says. Included after all rules; none stands here."""

from neuroloop.workflow.slurm.site import fit_rules

fit_rules(workflow.rules, workflow.resource_settings._parsed_overwrite_resources)
