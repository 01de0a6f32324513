// A real browser with one page, for walks through the hub: what both walks share.
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const wide = { width: 1000, height: 560 };
const phone = { width: 390, height: 780 };

export class Visitor {
    // pictures: the folder for screenshots.
    static async arrive(pictures) {
        const visitor = new Visitor();
        visitor.pictures = pictures;
        visitor.complaints = []; // errors of scripts, refusals of the content security policy, pages too wide for a phone
        visitor.browser = await chromium.launch({
            executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
            args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
                   '--disable-component-update', '--disable-sync'],
        });
        visitor.context = await visitor.browser.newContext({ viewport: wide, colorScheme: 'light' });
        visitor.context.setDefaultTimeout(30_000);
        visitor.page = await visitor.context.newPage();
        visitor.listen();
        return visitor;
    }

    listen() {
        const { page, complaints } = this;
        page.on('pageerror', error => complaints.push(`${page.url()}: ${error.message}`));
        page.on('console', message => {
            const ours = message.location().url.includes('/hub/');
            if (ours && message.type() === 'error' && !message.text().includes('Failed to load resource')) complaints.push(message.text());
        });
    }

    // The page in light, dark, and on a phone; at phone width nothing may stick out sideways.
    async picture(what) {
        const { page, complaints, pictures } = this;
        for (const [suffix, colorScheme, viewport] of [['light', 'light', wide], ['dark', 'dark', wide], ['phone', 'light', phone]]) {
            await page.emulateMedia({ colorScheme });
            await page.setViewportSize(viewport);
            await page.screenshot({ path: join(pictures, `${what}-${suffix}.png`), animations: 'disabled' });
            if (suffix === 'phone') {
                const extra = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
                if (extra > 0) complaints.push(`${page.url()}: ${extra} pixels too wide for a phone`);
            }
        }
        await page.emulateMedia({ colorScheme: 'light' });
        await page.setViewportSize(wide);
    }

    // Takes the steps one after the other, prints a JSON line for each, {step, ok, error?}, and closes the browser.
    async walk(steps) {
        for (const [step, take] of Object.entries(steps)) {
            try {
                await take();
                console.log(JSON.stringify({ step, ok: true }));
            } catch (error) {
                await this.page.screenshot({ path: join(this.pictures, `failed-${step.replaceAll(/\W+/g, '-')}.png`) }).catch(() => {});
                const text = (await this.page.content().catch(() => '')).slice(0, 1500);
                console.log(JSON.stringify({ step, ok: false, error: `${this.page.url()}\n${error.message}\n${text}` }));
            }
        }
        await this.browser.close();
    }
}
