"""Browser tests on books that were in use for years; made once for all tests of a class."""

from .matching import MatchCommon
from .messy_world import MessyWorld
from .ui import XeroTourCase


class MessyTourCase(MatchCommon, XeroTourCase):
    """Connected, with confirmed mappings, nothing linked and nothing sent. Xero's side goes back after each test."""

    connect_first = False

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.books_tenant = cls.add_organisation(**cls.organisation)
        maker = cls()
        maker.tenant = cls.books_tenant
        maker.connect(cls.connection)
        maker.bank = cls.company_data["default_journal_bank"]
        maker.map_bank(cls.connection)
        cls.world = MessyWorld(cls.connection, maker.person).make()
        cls.env.flush_all()
        cls.env.invalidate_all()

    def setUp(self):
        super().setUp()
        self.tenant = self.books_tenant
        self.simulator.reset_stats()
        self.bank = self.company_data["default_journal_bank"]

    def matched(self):
        """Link what is surely the same, contacts and documents, as a person would; return the matching."""
        match = self.to_documents(self.start())
        match.action_confirm_sure()
        self.drain()
        return match
