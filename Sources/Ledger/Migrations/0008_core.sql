-- Users, courses and what users do in them; types of events.
-- What belongs to two rows names the workspace beside each: no row can point into another workspace, whatever a statement forgets.

CREATE TABLE users (
    id uuid PRIMARY KEY,
    workspace_id uuid NOT NULL REFERENCES workspaces (id),
    name text NOT NULL,
    email text NOT NULL,
    -- Bounds what the user may grant to a program.
    role text NOT NULL DEFAULT 'learner' CHECK (role IN ('learner', 'developer', 'admin')),
    external_id text,
    -- JSON text of the client's own.
    metadata text NOT NULL DEFAULT '{}',
    -- Of name and e-mail, each behind a mark of the workspace, so that a search walks over its own words only.
    words tsvector NOT NULL DEFAULT '',
    version int NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT users_by_workspace UNIQUE (workspace_id, id)
) WITH (fillfactor = 90);
CREATE UNIQUE INDEX users_email ON users (workspace_id, lower(email));
CREATE UNIQUE INDEX users_external_id ON users (workspace_id, external_id) WHERE external_id IS NOT NULL;
CREATE INDEX users_role ON users (workspace_id, role, id) WHERE role <> 'learner';
CREATE INDEX users_words ON users USING gin (words);

CREATE TABLE courses (
    id uuid PRIMARY KEY,
    workspace_id uuid NOT NULL REFERENCES workspaces (id),
    name text NOT NULL,
    description text NOT NULL DEFAULT '',
    external_id text,
    metadata text NOT NULL DEFAULT '{}',
    words tsvector NOT NULL DEFAULT '',
    version int NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT courses_by_workspace UNIQUE (workspace_id, id)
) WITH (fillfactor = 90);
CREATE UNIQUE INDEX courses_external_id ON courses (workspace_id, external_id) WHERE external_id IS NOT NULL;
CREATE INDEX courses_words ON courses USING gin (words);

-- What a user did goes with the user. A course with any of it is not deleted by the way: there is no cascade from it.
CREATE TABLE enrollments (
    id uuid PRIMARY KEY,
    workspace_id uuid NOT NULL,
    course_id uuid NOT NULL,
    user_id uuid NOT NULL,
    -- Of the latest completion.
    completed_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT enrollments_course FOREIGN KEY (workspace_id, course_id) REFERENCES courses (workspace_id, id),
    CONSTRAINT enrollments_user FOREIGN KEY (workspace_id, user_id) REFERENCES users (workspace_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX enrollments_once ON enrollments (workspace_id, course_id, user_id);
CREATE INDEX enrollments_by_course ON enrollments (workspace_id, course_id, id);
CREATE INDEX enrollments_by_user ON enrollments (workspace_id, user_id, id);

CREATE TABLE completions (
    id uuid PRIMARY KEY,
    workspace_id uuid NOT NULL,
    course_id uuid NOT NULL,
    user_id uuid NOT NULL,
    -- 0 to 100.
    score double precision,
    completed_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT completions_course FOREIGN KEY (workspace_id, course_id) REFERENCES courses (workspace_id, id),
    CONSTRAINT completions_user FOREIGN KEY (workspace_id, user_id) REFERENCES users (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX completions_by_course ON completions (workspace_id, course_id, id);
CREATE INDEX completions_by_user ON completions (workspace_id, user_id, id);

CREATE TABLE quiz_submissions (
    id uuid PRIMARY KEY,
    workspace_id uuid NOT NULL,
    course_id uuid NOT NULL,
    user_id uuid NOT NULL,
    -- The client's own names of the quiz.
    quiz_id text NOT NULL,
    quiz_name text,
    score double precision NOT NULL,
    max_score double precision,
    -- JSON text.
    answers text,
    submitted_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT quiz_submissions_course FOREIGN KEY (workspace_id, course_id) REFERENCES courses (workspace_id, id),
    CONSTRAINT quiz_submissions_user FOREIGN KEY (workspace_id, user_id) REFERENCES users (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX quiz_submissions_by_course ON quiz_submissions (workspace_id, course_id, id);
CREATE INDEX quiz_submissions_by_user ON quiz_submissions (workspace_id, user_id, id);

-- A workspace's own types of events, beside those that every workspace has.
CREATE TABLE event_types (
    workspace_id uuid NOT NULL REFERENCES workspaces (id),
    -- Compared byte by byte, as lists of them are merged with those that every workspace has.
    name text COLLATE "C" NOT NULL,
    description text NOT NULL DEFAULT '',
    -- JSON text, kept to the byte.
    schema text NOT NULL,
    example text NOT NULL,
    version int NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, name)
);

-- Whether only events of known types are published.
ALTER TABLE workspaces ADD COLUMN strict_event_types boolean NOT NULL DEFAULT false;
