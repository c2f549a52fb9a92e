"""Years of editions in a database of its own: registrations with all that belongs to them, made by the database itself.

Twenty editions in fifteen regions, four a year; the last one is going on. A session has 300 seats, and beside them people
who left and people who wait. Every tenth person of an edition was in the one before as well.
"""

from __future__ import annotations

from typing import Any

from benchmarks.crowds import ask

EDITIONS, REGIONS, SEATS, BESIDES = 20, 15, 300, 33  # of a session: seats, and people who left or wait
EACH = SEATS + BESIDES
LASTS, APART = 28, 91  # days that an edition lasts, and days from one to the next
FIRST = 10_000  # the first key of what is made here

EDITION = """
    INSERT INTO programs_program
    SELECT (jsonb_populate_record(one, jsonb_build_object(
        'id', {first} + e, 'slug', 'edisi-' || e, 'name_id', 'Edisi ' || e, 'name_en', 'Edition ' || e,
        'starts_on', begins, 'ends_on', begins + {lasts}, 'registration_opens', begins - 21, 'source_digest', ''))).*
    FROM programs_program one, generate_series(0, {editions} - 1) e,
        LATERAL (SELECT current_date - 14 - {apart} * ({editions} - 1 - e) AS begins) AS time
    WHERE one.id < {first};
    INSERT INTO programs_reminderrule
    SELECT (jsonb_populate_record(rule, jsonb_build_object(
        'id', {first} + 100 * (program.id - {first}) + rule.id, 'program_id', program.id))).*
    FROM programs_reminderrule rule, programs_program program WHERE rule.id < {first} AND program.id >= {first};
    INSERT INTO programs_trainingsession (id, program_id, region_id, venue_id, slug, wave, status, capacity, seat_limit,
                                          seats_taken, queue_issued, schedule_version)
    SELECT {first} + (e * {waves} + w) * {regions} + place.number, {first} + e, place.id, place.venue,
           'sesi-' || e || '-' || w || '-' || place.number, w, 'published', {seats}, {seats}, {seats}, {besides}, 1
    FROM generate_series(0, {editions} - 1) e, generate_series(0, {waves} - 1) w, (
        SELECT region.id, row_number() OVER (ORDER BY region.id) - 1 AS number,
               (SELECT min(venue.id) FROM programs_venue venue WHERE venue.region_id = region.id) AS venue
        FROM programs_region region LIMIT {regions}) AS place;
    INSERT INTO programs_trainingday (id, session_id, number, date, starts_at, ends_at)
    SELECT {first} + 3 * (session.id - {first}) + n, session.id, 1 + n,
           program.starts_on + session.wave::int * ({lasts} - 2) / {waves} + n, '09:00', '16:00'
    FROM programs_trainingsession session JOIN programs_program program ON program.id = session.program_id,
        generate_series(0, 2) n
    WHERE session.id >= {first};
    DELETE FROM programs_trainingday WHERE session_id < {first};
    DELETE FROM programs_trainingsession WHERE id < {first};
"""
NAMES = """
    CREATE TEMPORARY TABLE names AS SELECT
        string_to_array('Siti Putu Muhammad Ahmad Dewi Nur Wahyu Agus Budi Rina Ayu Dimas Fitri Indah Joko Kadek Lestari '
            'Made Nyoman Oktavia Putri Rizky Sri Teguh Umar Vina Wulan Yohanes Zahra Andi Bayu Citra Dian Eka Fajar Gilang '
            'Hana Intan Jihan Krisna', ' ') AS first,
        string_to_array('Aisyah Pratama Saputra Wijaya Hidayat Nugroho Lestari Maharani Ramadhan Santoso Kurniawan Setiawan '
            'Permata Anggraini Siregar Nasution Simanjuntak Wati Utami Rahayu Hakim Firmansyah Gunawan Halim Irawan Jaya '
            'Kusuma Laksono Mulyani Novita Oktaviani Purnama Qodir Rosida Suryani Tanjung Usman Valentina Wibowo Yuliana '
            'Zulkarnain Kogoya Wenda Tabuni Rumbiak Matondang Lubis Harahap Batubara Ginting', ' ') AS last;
"""
PEOPLE = """
    INSERT INTO accounts_user (id, password, is_superuser, email, name, is_staff, is_active, joined_at, bounced_at)
    SELECT {first} + n, '!', false, 'b' || n || '@example.com', '', false, true, now() - interval '1 day' * (n % 1800),
           CASE WHEN n % 499 = 0 THEN now() - interval '20 days' END
    FROM generate_series(0, {number} - 1) n WHERE {is_new};
    INSERT INTO participants_participant (id, public_id, user_id, full_name, birth_date, region_id, language, phone,
                                          occupation, gender, created_at)
    SELECT {first} + n, gen_random_uuid(), {first} + n, first[1 + n % 40] || ' '
           || CASE WHEN n % 3 = 0 THEN first[1 + n / 7 % 40] || ' ' ELSE '' END || last[1 + n / 11 % 50],
           date '1998-01-01' + (n % 3000)::int, session.region_id, 'id',
           '+62812' || lpad((n::bigint * 7919 % 100000000)::text, 8, '0'),
           (ARRAY['school', 'university', 'employed', 'seeking'])[1 + n % 4], (ARRAY['', 'female', 'male'])[1 + n % 3],
           now() - interval '1 day' * (n % 1800)
    FROM generate_series(0, {number} - 1) n
    JOIN programs_trainingsession session ON session.id = {first} + n / {each}, names WHERE {is_new};
"""
# Number k of a session: 300 with a seat (in the last edition the last twelve held for a guardian's yes), 15 who left,
# and 18 who wait, or waited until the queue was closed.
REGISTRATIONS = """
    INSERT INTO participants_registration (id, public_id, form_key, participant_id, session_id, program_id, region_id,
        birth_date, born_from, born_until, place, guardian, queue_number, registered_at, released_at, release_reason)
    SELECT {first} + n, gen_random_uuid(), gen_random_uuid(),
           {first} + CASE WHEN {is_new} THEN n ELSE n - {edition} END, session.id, session.program_id, session.region_id,
           date '1998-01-01' + (n % 3000)::int, '1997-01-01', '2012-12-31', it.place,
           CASE WHEN k BETWEEN 288 AND 299 THEN CASE WHEN it.last THEN 'asked' ELSE 'given' END ELSE 'not_needed' END,
           CASE WHEN k >= 315 THEN k - 314 END, program.registration_opens + interval '1 hour' * (n % 400),
           CASE WHEN it.place = 'released' THEN program.starts_on END,
           CASE WHEN it.place <> 'released' THEN '' WHEN k < 315 THEN 'cancelled_by_self' ELSE 'queue_closed' END
    FROM generate_series(0, {number} - 1) n
    JOIN programs_trainingsession session ON session.id = {first} + n / {each}
    JOIN programs_program program ON program.id = session.program_id,
        LATERAL (SELECT n % {each} AS k) AS one,
        LATERAL (SELECT program.id = {first} + {editions} - 1 AS last, CASE WHEN k < 300 THEN 'seat'
                 WHEN k >= 315 AND program.id = {first} + {editions} - 1 THEN 'queued' ELSE 'released' END AS place) AS it;
    INSERT INTO participants_guardianrequest (public_id, registration_id, email, asked_at, expires_at, answer, answered_at,
                                              signer_name, signer_relation)
    SELECT gen_random_uuid(), id, 'w' || id || '@example.com', registered_at, registered_at + interval '72 hours',
           CASE guardian WHEN 'given' THEN 'given' ELSE '' END,
           CASE guardian WHEN 'given' THEN registered_at + interval '5 hours' END,
           CASE guardian WHEN 'given' THEN 'Wali' ELSE '' END, ''
    FROM participants_registration WHERE guardian <> 'not_needed';
    INSERT INTO participants_accessibilityrequest (public_id, registration_id, need, version, asked_at, kind, answer,
                                                   answered_at)
    SELECT gen_random_uuid(), id, 'Kursi roda', '1', registered_at, '', '', NULL
    FROM participants_registration WHERE id % 997 = 0 AND program_id = {first} + {editions} - 1;
"""
SAID = """
    INSERT INTO participants_consent (participant_id, purpose, giver, giver_name, giver_relation, text_version, text_hash,
                                      language, channel, given_at, withdrawn_at, withdrawn_by)
    SELECT person.id, purpose, 'self', '', '', '2025-12', repeat('0', 64), 'id', 'web', created_at,
           CASE WHEN person.id % 97 = 0 THEN created_at + interval '9 days' END,
           CASE WHEN person.id % 97 = 0 THEN 'self' ELSE '' END
    FROM participants_participant person, unnest(ARRAY['training', 'statistics']) purpose
    WHERE purpose = 'training' OR person.id % 5 < 3;
    INSERT INTO participants_notification (public_id, kind, registration_id, region_id, occurrence, version, queue, due_at,
                                           state, reason, channel, attempts, settled_at, created_at)
    SELECT gen_random_uuid(), kind, id, region_id, CASE kind WHEN 'reminder' THEN 'eve:1' ELSE '' END,
           CASE kind WHEN 'reminder' THEN 1 ELSE 0 END, CASE kind WHEN 'reminder' THEN 'bulk' ELSE 'transactional' END,
           told.at, told.state, '', 'email', 1, told.at, told.at
    FROM participants_registration registration, unnest(ARRAY['registered', 'reminder']) kind,
        LATERAL (SELECT registered_at + CASE kind WHEN 'reminder' THEN interval '15 days' ELSE interval '1 second' END AS at,
                        CASE WHEN id % 499 = 1 THEN 'failed' WHEN id % 499 = 2 THEN 'bounced' ELSE 'sent' END AS state) AS told
    WHERE told.at < now() AND (kind = 'registered' OR place = 'seat');
    INSERT INTO participants_notification (public_id, kind, registration_id, region_id, occurrence, version, queue, due_at,
                                           state, reason, channel, attempts, created_at)
    SELECT gen_random_uuid(), 'broadcast', id, region_id, '1', 0, 'bulk', now() + interval '5 minutes', 'due', '', '', 0, now()
    FROM participants_registration WHERE program_id = {first} + {editions} - 1 AND place = 'seat' AND id % 20 = 0;
    INSERT INTO participants_attendancefact (public_id, registration_id, day_id, session_id, kind, source, mark,
                                             recorded_by_id, recorded_at)
    SELECT gen_random_uuid(), registration.id, days.id, days.session_id, 'correction', 'grid', 'present', {staff},
           days.date + time '02:10'
    FROM participants_registration registration JOIN programs_trainingday days USING (session_id)
    WHERE place = 'seat' AND guardian <> 'asked' AND days.date <= current_date AND (registration.id + days.number) % 13 <> 0;
    INSERT INTO participants_deed (by_id, at, network, what, "table", row, session_id, region_id, changed)
    SELECT {staff}, registered_at, '203.0.113.0/24', (ARRAY['walked_in', 'confirmed', 'noted'])[1 + id % 3],
           'participants.registration', id::text, session_id, region_id, '{{}}'
    FROM participants_registration WHERE id % 3 = 0 ORDER BY registered_at;
"""


def fill(registrations: int, *, staff: int) -> None:
    """Make at least so many `registrations`, answered and recorded by the account `staff`; then clean up as PostgreSQL does."""
    waves = max(1, round(registrations / (EACH * EDITIONS * REGIONS)))
    number = EACH * EDITIONS * REGIONS * waves
    edition = number // EDITIONS
    values: dict[str, Any] = {
        "first": FIRST,
        "editions": EDITIONS,
        "regions": REGIONS,
        "seats": SEATS,
        "besides": BESIDES,
        "each": EACH,
        "lasts": LASTS,
        "apart": APART,
        "waves": waves,
        "number": number,
        "edition": edition,
        "staff": staff,
        "is_new": f"(n % 10 <> 0 OR n / {edition} % 2 = 0)",
    }
    ask("SET session_replication_role = replica; SET statement_timeout = 0; SET maintenance_work_mem = '256MB'")
    for rows in (EDITION, NAMES, PEOPLE, REGISTRATIONS, SAID):
        for statement in rows.format(**values).split(";"):
            if statement.strip():
                ask(statement)
    ask("SET session_replication_role = origin")
    ask("VACUUM ANALYZE")
    ask("RESET statement_timeout")
