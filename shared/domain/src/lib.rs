//! Types and business rules of Vouchsafe.
//!
//! Everything here is a pure function of its arguments: time, ids and storage are passed in. The types check their
//! input when it is parsed, so that an operation rejects malformed input without reading the table.

pub mod access;
pub mod actor;
pub mod author;
pub mod customer;
pub mod dashboard;
pub mod deactivation;
pub mod detail;
mod email_prefix;
pub mod entitlement;
pub mod erasure;
pub mod event;
pub mod fault;
pub mod field_kind;
pub mod fulfillment;
pub mod id;
pub mod key;
pub mod language;
pub mod level;
pub mod license;
pub mod member;
pub mod order;
pub mod party;
pub mod patch;
pub mod person;
pub mod problem;
pub mod product;
pub mod search;
pub mod service_request;
pub mod service_request_kind;
mod service_request_person;
pub mod site_url;
pub mod staff;
pub mod subscription;
pub mod text;
pub mod time;
pub mod unicode;
pub mod value;
pub mod webhook;
mod words;

pub use access::{Access, AccessRequest, Grant, GrantState, Individual, RequestState};
pub use actor::{Actor, Role};
pub use author::{Author, AuthorKind};
pub use customer::Customer;
pub use detail::DetailField;
pub use email_prefix::EmailPrefix;
pub use entitlement::{Entitlement, EntitlementName, EntitlementNumber, EntitlementStatus, Owner};
pub use event::{Event, EventKind, LogScope, NewEvent};
pub use fault::{Fault, FaultPointer, Faults, ParseError};
pub use field_kind::FieldKind;
pub use id::{
    AccessRequestId, AssignmentId, CustomerId, EntitlementId, EventId, FieldId, GrantId, Id, Ids, ImportId,
    MemberId, OrganizationId, ParkedOrderId, PartnerId, ProductId, ServiceRequestId, SiteId, SourceId,
    SubscriptionId,
};
pub use key::DeploymentKey;
pub use language::Language;
pub use level::{AccessAction, Level};
pub use license::{Assignment, LicenseType, Line, Pool, Quantity, Threshold};
pub use member::Member;
pub use order::{Order, OrderStatus, Parking};
pub use party::{EntryOrigin, Metadata, Organization, Partner, PartnerOrganization, StoreLink, Version};
pub use patch::{Given, Patch};
pub use person::{PersonRef, PersonState};
pub use problem::{ErrorKind, Problem, ProblemKind};
pub use product::Product;
pub use search::NameQuery;
pub use service_request::ServiceRequest;
pub use service_request_kind::{ContactRole, ServiceRequestKind, ServiceRequestStatus};
pub use site_url::SiteUrl;
pub use staff::StaffRecord;
pub use subscription::{Site, Subscription};
pub use text::{
    Description, Email, ExternalId, FieldName, LicenseTypeCode, Name, OrderId, Plan, ProductCode,
    StoreAccount,
};
pub use time::{Period, ReportedTime, TimeZone, Timestamp};
pub use value::{Details, Fields};
pub use webhook::Source;
