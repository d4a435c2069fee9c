from . import test_till_costs
