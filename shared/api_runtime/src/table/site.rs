//! Sites.

use domain::{OrganizationId, Site, SiteId, SiteUrl};

use super::item::Entity;
use super::key::{Key, segment, unique};
use super::organization::organization_partition;
use super::pattern::{Index, patterns};
use super::reservation::Reservation;

/// Prefix of the sort keys of sites.
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
    /// the site of an organization with an address
    lookup SiteByUrl(organization: OrganizationId, url: SiteUrl) -> Reservation {
        site_url_key(*organization, url),
        "`UNIQUE#site-url#<organization>#<address>` · `-`"
    }
    /// the first site of an organization on the new platform
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

/// Returns the key of a site.
pub(super) fn site_key(organization: OrganizationId, site: SiteId) -> Key {
    Key::new(organization_partition(organization), format!("{SITES}{site}"))
}

/// Returns the key of the reservation for an organization's first site on the new platform.
pub(super) fn first_migration_key(organization: OrganizationId) -> Key {
    unique("first-migration", organization.to_string())
}

/// Returns the key of the reservation of a site's address in its organization.
pub(super) fn site_url_key(organization: OrganizationId, url: &SiteUrl) -> Key {
    unique("site-url", format!("{organization}#{}", segment(url.as_str())))
}

impl Reservation {
    /// Reserves a site's address in its organization.
    pub fn site_url(site: &Site) -> Self {
        Self::new(site_url_key(site.organization_id, &site.url), site.id)
    }

    /// Reserves for a site that it is its organization's first one on the new platform.
    pub fn first_migration(site: &Site) -> Self {
        Self::new(first_migration_key(site.organization_id), site.id)
    }
}
