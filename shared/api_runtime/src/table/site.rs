//! Sites.

use domain::{OrganizationId, Site, SiteId, SiteUrl};

use super::item::Entity;
use super::key::{Key, segment, unique};
use super::organization::organization_partition;
use super::pattern::{Index, patterns};
use super::reservation::Reservation;

/// What the sort keys of sites begin with.
pub(super) const SITES: &str = "SITE#";

impl Entity for Site {
    const NAME: &'static str = "site";

    fn key(&self) -> Key {
        site_key(self.organization_id, self.id)
    }
}

patterns! {
    /// a site of an organization
    lookup SiteOf(organization: OrganizationId, site: SiteId) -> Site {
        site_key(*organization, *site),
        "`ORG#<organization>` · `SITE#<site>`"
    }
    /// which site of an organization has an address
    lookup SiteByUrl(organization: OrganizationId, url: SiteUrl) -> Reservation {
        site_url_key(*organization, url),
        "`UNIQUE#site-url#<organization>#<address>` · `-`"
    }
    /// which site of an organization was the first on the new platform
    lookup FirstMigration(organization: OrganizationId) -> Reservation {
        first_migration_key(*organization),
        "`UNIQUE#first-migration#<organization>` · `-`"
    }
    /// the sites of an organization
    list SitesOf(organization: OrganizationId) -> Site {
        Index::Table, organization_partition(*organization), SITES,
        "`ORG#<organization>` · `SITE#…`"
    }
}

/// A site of an organization.
pub(super) fn site_key(organization: OrganizationId, site: SiteId) -> Key {
    Key::new(organization_partition(organization), format!("{SITES}{site}"))
}

/// The reservation of being an organization's first site on the new platform.
pub(super) fn first_migration_key(organization: OrganizationId) -> Key {
    unique("first-migration", organization.to_string())
}

/// The reservation of a site's address in its organization.
pub(super) fn site_url_key(organization: OrganizationId, url: &SiteUrl) -> Key {
    unique("site-url", format!("{organization}#{}", segment(url.as_str())))
}

impl Reservation {
    /// Gives a site its address in its organization.
    pub fn site_url(site: &Site) -> Self {
        Self::new(site_url_key(site.organization_id, &site.url), site.id)
    }

    /// Lets a site be its organization's first one on the new platform.
    pub fn first_migration(site: &Site) -> Self {
        Self::new(first_migration_key(site.organization_id), site.id)
    }
}
