"""Every wizard as people go through it, in a browser, on books that were in use for years."""

from odoo.tests import tagged

from .messy_common import MessyTourCase
from .screens_common import ScreensMixin


@tagged("post_install", "-at_install")
class TestMessyTours(ScreensMixin, MessyTourCase):
    def test_screens_from_right_to_left(self):
        self.walk((1366, 900), (390, 844))
