mod changed_orders;
mod create_webhook_source;
mod disable_webhook_source;
mod list_webhook_sources;
mod receive_partner_order;
mod rotate_webhook_secret;
mod sold_subscriptions;
