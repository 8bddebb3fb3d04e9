"""Simulated chest radiographs of known truth (see `neuroloop.cxr.simulate`)."""

from neuroloop.config.settings import Settings as Closed
from neuroloop.config.settings import setting
from neuroloop.cxr.simulated_settings import Simulation

ORDER = 1
LEGEND = "Simulated: chest radiographs whose lungs and lesions are known"


class Settings(Closed):
    """Settings of simulated radiographs."""

    simulation: Simulation = setting("Patients, disease and exposure.", Simulation())
