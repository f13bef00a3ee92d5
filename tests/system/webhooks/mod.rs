mod create_webhook_source;
mod receive_partner_order;
