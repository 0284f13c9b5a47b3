# The pages' scripts and styles.
FROM node:20-bookworm-slim AS pages
WORKDIR /site
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY tsconfig.json vite.config.ts ./
COPY mapui/elements mapui/elements
COPY mapui/styles mapui/styles
RUN npm run build

# The site: web, worker and commands, all of one image.
FROM python:3.11-slim-bookworm
RUN apt-get update \
    && apt-get install -y --no-install-recommends gdal-bin libgeos-c1v5 gettext \
       libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /site
COPY requirements.txt constraints.txt ./
RUN pip install --no-cache-dir --disable-pip-version-check -r requirements.txt
COPY . .
COPY --from=pages /site/mapui/static/mapui/build mapui/static/mapui/build
ENV DEMO=0 DJANGO_SETTINGS_MODULE=config.settings MEDIA_ROOT=/media PYTHONUNBUFFERED=1
# The keys here serve this one command; the site's own come from its environment.
RUN for text in locale/*/LC_MESSAGES/*.po; do msgfmt --check-format -o "${text%.po}.mo" "$text"; done \
    && SECRET_KEY=build CONTACT_KEYS=build BLIND_INDEX_KEY=build DATABASE_URL=postgresql:///build \
       python manage.py collectstatic --noinput --verbosity 0 \
    && useradd --system --home-dir /site --shell /usr/sbin/nologin site \
    && mkdir -p /media var \
    && chown -R site:site /media var
USER site
EXPOSE 8000
CMD ["sh", "-c", "exec gunicorn config.wsgi --no-control-socket --bind 0.0.0.0:8000 --workers ${WEB_WORKERS:-2} --worker-class gthread --threads ${WEB_THREADS:-4} --graceful-timeout 10"]
