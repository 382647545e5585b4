-- How the generated customers (2001 to 2500) get into the sample stores: one block for each table, its parameters in the order of
-- the columns. The story's own rows stand in the files beside this one.

-- name: webcare_contact
INSERT INTO contact (contact_id, display_name, town, email, customer_no)
VALUES (@contact_id, @display_name, @town, @email, @customer_no);

-- name: webcare_profile
INSERT INTO profile (network, page, external_id, contact_id, handle)
VALUES (@network, @page, @external_id, @contact_id, @handle);

-- name: webcare_thread
INSERT INTO thread (thread_id, contact_id, channel, opened_by, on_page, opened_at, closed_at, stored_at, topic, summary, agent, team,
    solved, previous_thread, previous_is)
VALUES (@thread_id, @contact_id, @channel, @opened_by, @on_page, @opened_at, @closed_at, @stored_at, @topic, @summary, @agent, @team,
    @solved, @previous_thread, @previous_is);

-- name: webcare_post
INSERT INTO post (thread_id, posted_at, post_id, author, author_name, on_page, body)
VALUES (@thread_id, @posted_at, @post_id, @author, @author_name, @on_page, @body);

-- name: telephony_known_caller
INSERT INTO known_caller (number, name, customer_no, noted_by, noted_at)
VALUES (@number, @name, @customer_no, @noted_by, @noted_at);

-- name: telephony_call
INSERT INTO call (call_id, number, way, started_at, waited_s, ended_at, wrapped_at, queue, agent, caller_name, reason, outcome,
    put_through_to, note, earlier_call, earlier_is)
VALUES (@call_id, @number, @way, @started_at, @waited_s, @ended_at, @wrapped_at, @queue, @agent, @caller_name, @reason, @outcome,
    @put_through_to, @note, @earlier_call, @earlier_is);

-- name: administration_debtor
INSERT INTO debtor (debtor_no, kind, first_name, particle, surname, company_name, street, house_no, postcode, city, secret, since)
VALUES (@debtor_no, @kind, @first_name, @particle, @surname, @company_name, @street, @house_no, @postcode, @city, @secret, @since);

-- name: administration_contact_person
INSERT INTO contact_person (debtor_no, seq, name, role) VALUES (@debtor_no, @seq, @name, @role);

-- name: administration_representative
INSERT INTO representative (debtor_no, ground, name, street, house_no, postcode, city, since)
VALUES (@debtor_no, @ground, @name, @street, @house_no, @postcode, @city, @since);

-- name: administration_contact_point
INSERT INTO contact_point (debtor_no, medium, value) VALUES (@debtor_no, @medium, @value);

-- name: administration_account
INSERT INTO account (account_no, debtor_no, pay_by, iban, opened_on) VALUES (@account_no, @debtor_no, @pay_by, @iban, @opened_on);

-- name: administration_connection
INSERT INTO connection (debtor_no, starts_on, connection_no, account_no, description, state, ends_on)
VALUES (@debtor_no, @starts_on, @connection_no, @account_no, @description, @state, @ends_on);

-- name: administration_invoice
INSERT INTO invoice (debtor_no, dated, invoice_no, account_no, credits, is_credit, due, period_from, period_to, net_cents, vat_cents,
    total_cents, open_cents)
VALUES (@debtor_no, @dated, @invoice_no, @account_no, @credits, @is_credit, @due, @period_from, @period_to, @net_cents, @vat_cents,
    @total_cents, @open_cents);

-- name: administration_invoice_line
INSERT INTO invoice_line (invoice_no, line_no, line_id, connection_no, description, monthly, period_from, period_to, vat_cents, total_cents)
VALUES (@invoice_no, @line_no, @line_id, @connection_no, @description, @monthly, @period_from, @period_to, @vat_cents, @total_cents);

-- name: administration_receipt
INSERT INTO receipt (debtor_no, booked_on, receipt_no, method, amount_cents, returned_on, return_code)
VALUES (@debtor_no, @booked_on, @receipt_no, @method, @amount_cents, @returned_on, @return_code);

-- name: administration_receipt_item
INSERT INTO receipt_item (receipt_no, invoice_no, cents) VALUES (@receipt_no, @invoice_no, @cents);

-- name: administration_dunning
INSERT INTO dunning (debtor_no, issued_on, dunning_no, level, delivered_on, sent_by, asked_cents, fee_cents)
VALUES (@debtor_no, @issued_on, @dunning_no, @level, @delivered_on, @sent_by, @asked_cents, @fee_cents);

-- name: administration_dunning_item
INSERT INTO dunning_item (dunning_no, invoice_no) VALUES (@dunning_no, @invoice_no);

-- name: administration_correspondence
INSERT INTO correspondence (debtor_no, written_at, document_no, way, medium, registered_at, subject, remark, clerk, department, person,
    reply_to)
VALUES (@debtor_no, @written_at, @document_no, @way, @medium, @registered_at, @subject, @remark, @clerk, @department, @person,
    @reply_to);

-- name: administration_correspondence_text
INSERT INTO correspondence_text (document_no, body) VALUES (@document_no, @body);
